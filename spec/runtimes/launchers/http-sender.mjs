/**
 * Every launcher gives a function like this one: what the app answers to a path, asked with
 * a token. `issued` is the token that came back, `""` when the client is to forget it,
 * `null` when nothing was said.
 */
export function httpSender(origin) {
  return async (path, token) => readAnswer(await fetch(origin + path, requestInit(token)));
}

export function requestInit(token) {
  return { headers: token === undefined ? {} : { cookie: `session=${token}` } };
}

export async function readAnswer(response) {
  const cookies = response.headers.getSetCookie();
  const issued = cookies.length === 0 ? null : /^session=([^;]*)/.exec(cookies.join())[1];
  return { status: response.status, body: await response.text(), issued };
}
