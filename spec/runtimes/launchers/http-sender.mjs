/**
 * Every launcher returns a function like this one. It requests a path with a token and returns the
 * app's answer. `issued` is the new token, `""` if the client must forget its token, or `null` if
 * the response sets no token.
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
