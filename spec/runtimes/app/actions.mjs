export const defaultSessionData = { count: 0 };

/** The actions of a visitor, each under the second part of its path. */
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

/** Does an action. Returns the session data after it, and whether the session is fresh. */
export async function act(session, url) {
  const { isFresh } = session;
  await actions[url.pathname.split("/")[2]](session, url.searchParams);
  return JSON.stringify({ isFresh, data: session.data });
}
