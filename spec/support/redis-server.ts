import { freePort } from "./free-port.js";
import { redisCli } from "./redis-cli.js";
import { ServerProcess } from "./server-process.js";
import { temporaryFolder } from "./temporary-folder.js";
import { waitUntil } from "./wait-until.js";

/** The program to test. Another Redis or Valkey takes the same arguments. */
export const REDIS_SERVER = process.env.REDIS_SERVER ?? "redis-server";

/** A real `redis-server` for one spec, on loopback. It stores nothing on disk. */
export class RedisServer {
  readonly port: number;
  readonly #args: string[];
  readonly #folder = temporaryFolder("redis");
  #process: ServerProcess | undefined;

  /** @param args additional arguments of redis-server, for example `"--maxmemory", "2mb"` */
  static async start(...args: string[]): Promise<RedisServer> {
    // Another process may take the port before the server does.
    for (let attempt = 1; ; attempt++) {
      const server = new RedisServer(await freePort(), args);
      try {
        await server.#launch();
        return server;
      } catch (error) {
        await server.stop();
        if (attempt === 3 || !server.#process?.output.includes("in use")) throw error;
      }
    }
  }

  private constructor(port: number, args: string[]) {
    this.port = port;
    this.#args = args;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Returns the output of `redis-cli`. A spec inspects the server with it, without the store. */
  cli(...args: string[]): Promise<string> {
    return redisCli(this.port, ...args);
  }

  /** The number of connected clients, without `redis-cli`. */
  async clientCount(): Promise<number> {
    const list = await this.cli("CLIENT", "LIST", "TYPE", "normal");
    return list.split("\n").filter((line) => !line.includes("cmd=client")).length;
  }

  /** Freezes the process. Connections stay open, but the server does not answer. */
  pause(): void {
    this.#process!.signal("SIGSTOP");
  }

  resume(): void {
    this.#process!.signal("SIGCONT");
  }

  /** Crashes the server: the operating system closes all of its connections. */
  async kill(): Promise<void> {
    await this.#process?.end("SIGKILL");
  }

  /** Kills the server and starts it on the same port without data. */
  async restart(): Promise<void> {
    await this.kill();
    await this.#launch();
  }

  async stop(): Promise<void> {
    await this.#process?.end("SIGTERM");
    this.#folder.remove();
  }

  async #launch(): Promise<void> {
    const process = await ServerProcess.start(
      REDIS_SERVER,
      [
        ...["--port", `${this.port}`, "--bind", "127.0.0.1", "--dir", this.#folder.path],
        ...["--save", "", "--appendonly", "no"],
        ...this.#args,
      ],
      "redis-server",
    );
    this.#process = process;
    // Many specs start servers at once. A redis-cli that asks again and again would slow down all.
    await waitUntil(`redis-server on port ${this.port}`, () => {
      return process.hasExited || process.output.includes("Ready to accept connections");
    });
    if (process.hasExited) throw new Error(`redis-server has exited:\n${process.output}`);
  }
}
