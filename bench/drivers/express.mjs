import { IncomingMessage, ServerResponse } from "node:http";

/**
 * One request of an Express-style contender: Node's own request and response, as the fetch-style
 * ones get Node's Request and Response, and here, too, nothing is written to a socket: that is the
 * server's work and not the session's.
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

  writeHead() {
    this.#hasHead = true;
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
    if (!this.#hasHead) this.writeHead();
    this.onEnd();
    return this;
  }
}

/**
 * Runs Express middleware before a handler; the answer is a promise only when the
 * middleware was not done at once.
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
