import { parse } from "cookie";

const URL_OF_ALL = "https://example.com/account";

/**
 * One request of a fetch-style contender. The Request, the Response that the handler will
 * answer with, and Hattip's context are there before the clock starts: making them is the
 * server's work and not the session's.
 */
export function webExchange(cookieHeader) {
  const headers = cookieHeader === undefined ? {} : { cookie: cookieHeader };
  const request = new Request(URL_OF_ALL, { headers });
  const response = new Response("ok", { headers: { "content-type": "text/plain" } });
  return { request, response };
}

/** The same with the context of Hattip's compose() around it. */
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
 * Runs Hattip middlewares before a handler. Parsing the Cookie header is on the clock, by the
 * parser of `@hattip/cookie` but without its lazy property, which costs the same in every Hattip
 * application, whatever sits on it.
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
 * The Cookie header of a browser that has received these Set-Cookie headers;
 * `undefined` when there are none.
 */
export function cookieHeaderOf(setCookies) {
  if (setCookies.length === 0) return undefined;
  return setCookies.map((header) => header.split(";", 1)[0]).join("; ");
}
