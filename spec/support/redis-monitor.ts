import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { redisCli } from "./redis-cli.js";
import type { RedisServer } from "./redis-server.js";
import { waitUntil } from "./wait-until.js";

/** Records every command that reaches some servers, with the command MONITOR. */
export class RedisMonitor {
  readonly #ports: number[];
  readonly #sockets: Socket[];
  #lines: string[] = [];

  static async on(...servers: RedisServer[]): Promise<RedisMonitor> {
    const ports = servers.map(({ port }) => port);
    const sockets = ports.map((port) => connect(port, "127.0.0.1"));
    const monitor = new RedisMonitor(ports, sockets);
    await Promise.all(sockets.map((socket) => once(socket, "data")));
    return monitor;
  }

  private constructor(ports: number[], sockets: Socket[]) {
    this.#ports = ports;
    this.#sockets = sockets;
    for (const socket of sockets) {
      let rest = "";
      socket.on("error", () => {}); // the server was stopped
      socket.setEncoding("utf8");
      socket.on("data", (chunk: string) => {
        const lines = `${rest}${chunk}`.split("\r\n");
        rest = lines.pop()!;
        this.#lines.push(...lines);
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
    await Promise.all(this.#ports.map((port) => redisCli(port, "ECHO", marker)));
    await waitUntil("the output of MONITOR", () => {
      return this.#lines.filter((line) => line.includes(marker)).length === this.#ports.length;
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
