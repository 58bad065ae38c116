import { SessionError } from "../errors.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import type { Awaitable } from "../platform/awaitable.js";
import { IoredisDriver, isIoredis } from "./ioredis-driver.js";
import { isNodeRedis, NodeRedisDriver } from "./node-redis-driver.js";
import type { RedisClient, RedisDriver } from "./redis-client.js";
import type { RedisHealth } from "./redis-health.js";

/** Returns a Redis client, or a promise of one. */
export type GetRedisClient = (ctx: RequestContext<any>) => Awaitable<RedisClient>;

/** Where the clients of a connection come from: asks for them, recognizes them and listens to them. */
export class RedisDrivers {
  readonly #getClient: GetRedisClient;
  readonly #health: RedisHealth;
  /** Of every client that has been seen, so that none is listened to twice. */
  readonly #known: WeakMap<RedisClient, RedisDriver> = new WeakMap();
  /** What getClient is about to answer. */
  #asked: Promise<RedisDriver> | undefined;
  #refusal: SessionError | undefined;
  /** Ends the wait of a start. */
  #wake: (() => void) | undefined;

  constructor(getClient: GetRedisClient, health: RedisHealth) {
    this.#getClient = getClient;
    this.#health = health;
  }

  /** Set once getClient has returned something else than a client. It is not asked again: each would be one more that nobody closes. */
  get refusal(): SessionError | undefined {
    return this.#refusal;
  }

  /** Asks for a client. One that comes too late for whoever asked is there for the next who asks, so that no client is left behind. */
  ask(ctx: RequestContext<any>): Promise<RedisDriver> {
    if (this.#asked) return this.#asked;
    const asked = (async () => this.#driverOf(await this.#getClient(ctx)))();
    this.#asked = asked;
    asked.catch(() => {
      if (this.#asked === asked) this.#asked = undefined;
    });
    return asked;
  }

  /** The next who asks gets another one. */
  forget(): Promise<RedisDriver> | undefined {
    const asked = this.#asked;
    this.#asked = undefined;
    return asked;
  }

  /** Until the client is ready or known to be down, whichever is first. It may go on trying after that. */
  untilReadyOrDown({ client }: RedisDriver, opens: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#wake = resolve;
      if (opens) client.connect().then(() => resolve(), reject);
    });
  }

  #driverOf(client: RedisClient): RedisDriver {
    const known = this.#known.get(client);
    if (known) return known;
    const driver = this.#recognize(client);
    this.#known.set(client, driver);
    // Without a listener, an error of node-redis ends the process.
    client.on("error", (error: unknown) => {
      this.#health.note(error);
      // Where there are several connections, the next may be the one that works.
      if (driver.isOneConnection) this.#wake?.();
    });
    client.on("ready", () => {
      this.#health.ready();
      this.#wake?.();
    });
    return driver;
  }

  #recognize(client: RedisClient): RedisDriver {
    const candidate: Partial<RedisClient> = Object(client);
    if (isNodeRedis(candidate)) return new NodeRedisDriver(candidate);
    if (isIoredis(candidate)) return new IoredisDriver(candidate);
    this.#refusal = new SessionError(
      "ERR_SESSION_STORE",
      "getClient returned no client that RedisSessionStore can use. Pass one of node-redis 5 or newer (of version 4: createClient() alone), not in legacyMode and not its legacy(), or one of ioredis 5 or newer.",
    );
    throw this.#refusal;
  }
}
