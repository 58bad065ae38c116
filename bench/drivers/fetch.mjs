import { parse } from "cookie";

const URL_OF_ALL = "https://example.com/account";

/**
 * Creates the Request and the Response of the handler for a fetch-style contender. This happens
 * before the clock starts, because it is the work of the server.
 */
export function webExchange(cookieHeader) {
  const headers = cookieHeader === undefined ? {} : { cookie: cookieHeader };
  const request = new Request(URL_OF_ALL, { headers });
  const response = new Response("ok", { headers: { "content-type": "text/plain" } });
  return { request, response };
}

/** Creates a web exchange with the context of Hattip's compose(). */
export function hattipExchange(cookieHeader) {
  return {
    ...webExchange(cookieHeader),
    url: new URL(URL_OF_ALL),
    method: "GET",
    ip: "127.0.0.1",
    platform: undefined,
    locals: {},
    next: undefined,
    action: undefined,
    cookie: undefined,
    handleError(error) {
      throw error;
    },
    env: () => undefined,
    passThrough() {},
    waitUntil() {},
  };
}

/**
 * Runs Hattip middlewares before a handler. The time includes the parsing of the Cookie header by
 * the parser of `@hattip/cookie`. It does not include the lazy property of `@hattip/cookie`, whose
 * cost is the same in every Hattip app.
 */
export function hattipHandler(...middlewares) {
  const run = (ctx, i) => {
    ctx.next = () => run(ctx, i + 1);
    return i < middlewares.length ? middlewares[i](ctx) : answer(ctx);
  };
  return (ctx, action) => {
    ctx.action = action;
    ctx.cookie = parse(ctx.request.headers.get("cookie") ?? "");
    return run(ctx, 0);
  };
}

async function answer(ctx) {
  await ctx.action(ctx.session);
  return ctx.response;
}

export function setCookiesOf(response) {
  return response.headers.getSetCookie();
}

/**
 * The Cookie header of a browser that has received these Set-Cookie headers. `undefined` if there
 * are none.
 */
export function cookieHeaderOf(setCookies) {
  if (setCookies.length === 0) return undefined;
  return setCookies.map((header) => header.split(";", 1)[0]).join("; ");
}
