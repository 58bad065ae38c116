import { IncomingMessage, ServerResponse } from "node:http";

/**
 * Creates Node's request and response objects for an Express-style contender. As in the fetch-style
 * driver, nothing is written to a socket, because that is the work of the server.
 */
export function expressExchange(cookieHeader) {
  const req = new IncomingMessage(SOCKET);
  req.method = "GET";
  req.url = "/account";
  req.originalUrl = req.url;
  req.headers = { host: "example.com" };
  if (cookieHeader !== undefined) req.headers.cookie = cookieHeader;
  const res = new UnsentResponse(req);
  res.setHeader("content-type", "text/plain");
  return { req, res };
}

const SOCKET = { encrypted: true };

class UnsentResponse extends ServerResponse {
  onEnd = undefined;
  #hasHead = false;

  get headersSent() {
    return this.#hasHead;
  }

  /** Fastify passes its headers here; Express-style middleware sets them before. */
  writeHead(_status, headers = {}) {
    for (const name of Object.keys(headers)) this.setHeader(name, headers[name]);
    this.#hasHead = true;
    return this;
  }

  /** express-session calls this, as Node does, if the head has not been written. */
  _implicitHeader() {
    this.writeHead();
  }

  write() {
    return true;
  }

  end() {
    if (!this.#hasHead) this.writeHead();
    this.onEnd();
    return this;
  }
}

/**
 * Runs Express middleware before a handler. Returns a promise only if the middleware is
 * asynchronous.
 */
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
