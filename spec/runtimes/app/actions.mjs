export const defaultSessionData = { count: 0 };

/** What a visitor can do, by the second part of the path. */
const actions = {
  show() {},
  count(session) {
    session.data.count++;
  },
  update(session) {
    return session.update((data) => void data.count++);
  },
  async login(session, query) {
    await session.regenerate();
    session.data.user = query.get("user");
  },
  async regenerate(session) {
    await session.regenerate();
  },
  async logout(session) {
    await session.destroy();
  },
};

/** Answers with what the session holds afterwards, and whether it began with this request. */
export async function act(session, url) {
  const { isFresh } = session;
  await actions[url.pathname.split("/")[2]](session, url.searchParams);
  return JSON.stringify({ isFresh, data: session.data });
}
