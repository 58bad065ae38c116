import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "./free-port.js";
import { redisCli } from "./redis-cli.js";
import { REDIS_SERVER, RedisServer } from "./redis-server.js";
import { ServerProcess } from "./server-process.js";
import { temporaryFolder } from "./temporary-folder.js";
import { waitUntil } from "./wait-until.js";

export interface SentinelOptions {
  /** More than half of them must agree that the master is dead. Default: 1. */
  readonly sentinels?: number;
  /** Default: 1. */
  readonly replicas?: number;
  /** Additional arguments of the master and of each replica. */
  readonly args?: readonly string[];
}

/**
 * Real Sentinels on loopback. They watch a master and its replicas, and promote a replica when the
 * master dies.
 */
export class RedisSentinel {
  /** The Sentinels' name for the master, no matter which server is the master. */
  readonly name = "sessions";
  /** The first master, then its first replicas. */
  readonly nodes: readonly [RedisServer, RedisServer, ...RedisServer[]];
  readonly #ports: readonly number[];
  readonly #folder = temporaryFolder("sentinel");
  readonly #processes: ServerProcess[] = [];

  /** @param downAfterMs a Sentinel considers a silent master dead after this many milliseconds */
  static async start(
    downAfterMs = 30_000,
    { sentinels = 1, replicas = 1, args = [] }: SentinelOptions = {},
  ): Promise<RedisSentinel> {
    const started: { stop(): Promise<void> }[] = [];
    const startServer = async (...more: string[]) => {
      // A master waits for more replicas before it copies its records, 5 seconds by default.
      const server = await RedisServer.start("--repl-diskless-sync-delay", "0", ...args, ...more);
      started.push(server);
      return server;
    };
    try {
      const master = await startServer();
      const startReplica = () => startServer("--replicaof", "127.0.0.1", `${master.port}`);
      const replica = await startReplica();
      const others = await Promise.all(Array.from({ length: replicas - 1 }, startReplica));
      const ports = await Promise.all(Array.from({ length: sentinels }, () => freePort()));
      const sentinel = new RedisSentinel(ports, [master, replica, ...others]);
      started.unshift(sentinel);
      await sentinel.#launch(downAfterMs);
      return sentinel;
    } catch (error) {
      for (const one of started) await one.stop();
      throw error;
    }
  }

  private constructor(
    ports: readonly number[],
    nodes: [RedisServer, RedisServer, ...RedisServer[]],
  ) {
    this.#ports = ports;
    this.nodes = nodes;
  }

  /** The port of the first Sentinel, which knows the others. */
  get port(): number {
    return this.#ports[0]!;
  }

  /** The port of the server that the first Sentinel considers the master. */
  async masterPort(): Promise<number> {
    const answer = await redisCli(this.port, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", this.name);
    return Number(answer.split("\n")[1]);
  }

  /** Promotes a replica although the master is well. */
  async failover(): Promise<void> {
    const answer = await redisCli(this.port, "SENTINEL", "FAILOVER", this.name);
    if (answer !== "OK") throw new Error(answer);
  }

  async stop(): Promise<void> {
    // The Sentinels stop first, so that they start no failover.
    await Promise.all(this.#processes.map((process) => process.end("SIGKILL")));
    await Promise.all(this.nodes.map((node) => node.stop()));
    this.#folder.remove();
  }

  async #launch(downAfterMs: number): Promise<void> {
    await Promise.all(this.#ports.map((port) => this.#launchOne(port, downAfterMs)));
    const others = `${this.#ports.length - 1}`;
    await Promise.all(
      this.#ports.map((port, index) =>
        waitUntil("the Sentinels to know the replicas and each other", async () => {
          const process = this.#processes[index]!;
          if (process.hasExited) throw new Error(`Sentinel has exited:\n${process.output}`);
          const replicas = await redisCli(port, "SENTINEL", "REPLICAS", this.name);
          const master = await redisCli(port, "SENTINEL", "MASTER", this.name);
          return (
            replicas.match(/master-link-status\nok/g)?.length === this.nodes.length - 1 &&
            master.includes(`num-other-sentinels\n${others}`)
          );
        }),
      ),
    );
  }

  async #launchOne(port: number, downAfterMs: number): Promise<void> {
    const [master] = this.nodes;
    const file = join(this.#folder.path, `${port}.conf`);
    const quorum = Math.floor(this.#ports.length / 2) + 1;
    writeFileSync(
      file, // the Sentinel also stores its state in this file
      [
        `port ${port}`,
        "bind 127.0.0.1",
        `dir ${this.#folder.path}`,
        `sentinel monitor ${this.name} 127.0.0.1 ${master.port} ${quorum}`,
        `sentinel down-after-milliseconds ${this.name} ${downAfterMs}`,
        `sentinel failover-timeout ${this.name} 2000`,
      ].join("\n"),
    );
    this.#processes.push(
      await ServerProcess.start(REDIS_SERVER, [file, "--sentinel"], "redis-server"),
    );
  }
}
