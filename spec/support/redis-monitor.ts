import { EventEmitter, once } from "node:events";
import { connect, type Socket } from "node:net";
import type { RedisServer } from "./redis-server.js";

/** Below mocha's timeout, whose message does not say what was awaited. */
const CATCH_UP_MS = 25_000;

/** Records every command that reaches some servers, with the command MONITOR. */
export class RedisMonitor {
  /** The connections on which the servers send what they are told to do. */
  readonly #sockets: Socket[];
  /** Other connections to the same servers. A server that sends the output of MONITOR takes no command. */
  readonly #markers: Socket[];
  readonly #output = new EventEmitter();
  #lines: string[] = [];

  static async on(...servers: RedisServer[]): Promise<RedisMonitor> {
    const connectAll = () => servers.map(({ port }) => connect(port, "127.0.0.1"));
    const sockets = connectAll();
    const monitor = new RedisMonitor(sockets, connectAll());
    await Promise.all(sockets.map((socket) => once(socket, "data")));
    return monitor;
  }

  private constructor(sockets: Socket[], markers: Socket[]) {
    this.#sockets = sockets;
    this.#markers = markers;
    for (const socket of markers) {
      socket.on("error", () => {}); // the server was stopped
      socket.resume(); // the replies are of no interest
    }
    for (const socket of sockets) {
      let rest = "";
      socket.on("error", () => {}); // the server was stopped
      socket.setEncoding("utf8");
      socket.on("data", (chunk: string) => {
        const lines = `${rest}${chunk}`.split("\r\n");
        rest = lines.pop()!;
        this.#lines.push(...lines);
        this.#output.emit("lines");
      });
      socket.write("MONITOR\r\n");
    }
  }

  /**
   * Returns the commands on session keys that clients send while `work` runs, with their arguments.
   * Commands that a script runs inside Redis are left out.
   */
  async during(work: () => unknown): Promise<string[][]> {
    await this.#catchUp();
    this.#lines = [];
    await work();
    await this.#catchUp();
    return this.#lines
      .filter((line) => line.includes('"session:') && !/^\S+ \[\d+ lua\]/.test(line))
      .map((line) => [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1]!));
  }

  /** Waits for the output of MONITOR, which lags behind the replies. */
  async #catchUp(): Promise<void> {
    const marker = `marker-${Math.random()}`;
    const isBehind = () =>
      this.#lines.filter((line) => line.includes(marker)).length < this.#sockets.length;
    const signal = AbortSignal.timeout(CATCH_UP_MS);
    for (const socket of this.#markers) socket.write(`ECHO ${marker}\r\n`);
    try {
      while (isBehind()) await once(this.#output, "lines", { signal });
    } catch (cause) {
      throw new Error(`Waited ${CATCH_UP_MS} ms for the output of MONITOR`, { cause });
    }
  }

  close(): void {
    for (const socket of [...this.#sockets, ...this.#markers]) socket.destroy();
  }
}
