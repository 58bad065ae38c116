import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "./free-port.js";
import { redisCli } from "./redis-cli.js";
import { RedisServer } from "./redis-server.js";
import { ServerProcess } from "./server-process.js";
import { temporaryFolder } from "./temporary-folder.js";
import { waitUntil } from "./wait-until.js";

/**
 * A real Sentinel on loopback. It watches a master and a replica, and promotes the replica when the
 * master dies.
 */
export class RedisSentinel {
  /** The Sentinel's name for the master, no matter which server is the master. */
  readonly name = "sessions";
  readonly port: number;
  /** The first master, then its first replica. */
  readonly nodes: readonly [RedisServer, RedisServer];
  readonly #folder = temporaryFolder("sentinel");
  #process: ServerProcess | undefined;

  /** @param downAfterMs the Sentinel considers a silent master dead after this many milliseconds */
  static async start(downAfterMs = 30_000): Promise<RedisSentinel> {
    const started: { stop(): Promise<void> }[] = [];
    try {
      const master = await RedisServer.start("--repl-diskless-sync-delay", "0");
      started.push(master);
      const replica = await RedisServer.start("--replicaof", "127.0.0.1", `${master.port}`);
      started.push(replica);
      const sentinel = new RedisSentinel(await freePort(), [master, replica]);
      started.unshift(sentinel);
      await sentinel.#launch(downAfterMs);
      return sentinel;
    } catch (error) {
      for (const one of started) await one.stop();
      throw error;
    }
  }

  private constructor(port: number, nodes: [RedisServer, RedisServer]) {
    this.port = port;
    this.nodes = nodes;
  }

  /** The port of the server that the Sentinel considers the master. */
  async masterPort(): Promise<number> {
    const answer = await redisCli(this.port, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", this.name);
    return Number(answer.split("\n")[1]);
  }

  async stop(): Promise<void> {
    await this.#process?.end("SIGKILL"); // it stops first, so that it starts no failover
    await Promise.all(this.nodes.map((node) => node.stop()));
    this.#folder.remove();
  }

  async #launch(downAfterMs: number): Promise<void> {
    const [master] = this.nodes;
    const file = join(this.#folder.path, "sentinel.conf");
    writeFileSync(
      file, // the Sentinel also stores its state in this file
      [
        `port ${this.port}`,
        "bind 127.0.0.1",
        `dir ${this.#folder.path}`,
        `sentinel monitor ${this.name} 127.0.0.1 ${master.port} 1`,
        `sentinel down-after-milliseconds ${this.name} ${downAfterMs}`,
        `sentinel failover-timeout ${this.name} 2000`,
      ].join("\n"),
    );
    const process = await ServerProcess.start("redis-server", [file, "--sentinel"], "redis-server");
    this.#process = process;
    await waitUntil("the Sentinel to know the replica", async () => {
      if (process.hasExited) throw new Error(`Sentinel has exited:\n${process.output}`);
      const replicas = await redisCli(this.port, "SENTINEL", "REPLICAS", this.name);
      return (
        replicas.includes(`${this.nodes[1].port}`) && replicas.includes("master-link-status\nok")
      );
    });
  }
}
