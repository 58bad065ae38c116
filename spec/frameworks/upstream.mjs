import { once } from "node:events";
import { createServer } from "node:http";

/** Another server, which the servers of the projects ask. */
export class Upstream {
  #isOpen = true;
  #waiting = [];
  #server = createServer((request, response) => {
    if (request.url === "/gate" && !this.#isOpen) {
      this.#waiting.push(response);
      return;
    }
    response.setHeader("set-cookie", ["first=1", "second=2"]);
    response.setHeader("cache-control", "public, max-age=60");
    response.end("upstream");
  });

  async listen() {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** While the gate is closed, /gate does not answer. */
  closeGate() {
    this.#isOpen = false;
  }

  openGate() {
    this.#isOpen = true;
    for (const response of this.#waiting.splice(0)) response.end("open");
  }
}
