/**
 * One request of an Express-style contender: as much of Node's request and response as session middleware touches, and lighter than
 * Node's own, so that no work of the server is on the clock.
 */
export function expressExchange(cookieHeader) {
  const headers = { host: "example.com" };
  if (cookieHeader !== undefined) headers.cookie = cookieHeader;
  const socket = { encrypted: true };
  const url = "/account";
  const req = { method: "GET", url, originalUrl: url, headers, socket, connection: socket };
  return { req, res: new FakeResponse(req) };
}

class FakeResponse {
  statusCode = 200;
  headersSent = false;
  onEnd = undefined;
  #headers = { "content-type": "text/plain" };

  constructor(req) {
    this.req = req;
  }

  getHeader(name) {
    return this.#headers[name.toLowerCase()];
  }

  setHeader(name, value) {
    this.#headers[name.toLowerCase()] = value;
    return this;
  }

  writeHead() {
    this.headersSent = true;
    return this;
  }

  /** express-session calls it, as Node does, when nobody has written the head. */
  _implicitHeader() {
    this.writeHead();
  }

  write() {
    return true;
  }

  end() {
    if (!this.headersSent) this.writeHead();
    this.onEnd();
    return this;
  }
}

/** Runs Express middleware before a handler; the answer is a promise only when the middleware was not done at once. */
export function expressHandler(middleware) {
  return ({ req, res }, action) => {
    let hasEnded = false;
    let resolve;
    res.onEnd = () => {
      hasEnded = true;
      resolve?.(res);
    };
    middleware(req, res, (error) => {
      if (error) throw error;
      action(req);
      res.end("ok");
    });
    if (hasEnded) return res;
    return new Promise((whenEnded) => (resolve = whenEnded));
  };
}

export function setCookiesOf(res) {
  const header = res.getHeader("set-cookie") ?? [];
  return Array.isArray(header) ? header : [header];
}
