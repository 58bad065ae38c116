import { Agent, get, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import type { ServerProcess } from "../support/server-process.js";
import { RedisServer } from "../support/redis-server.js";
import { waitUntil } from "../support/wait-until.js";
import { COUNTER, Recipes } from "./recipes.js";

/** GET /slow?500 changes its session 500 ms after it has begun. */
const APP = COUNTER.replace(
  'return new Response("Visit',
  `if (ctx.url.pathname === "/slow") {
    console.log("A slow request has begun");
    await new Promise((resolve) => setTimeout(resolve, ctx.url.search.slice(1)));
  }
  $&`,
);

describe("The recipe for shutting down", () => {
  let redis: RedisServer;
  let recipes: Recipes;
  let origin: string;
  let server: ServerProcess;
  /** Like a browser, it keeps its connections open. */
  let agent: Agent;

  beforeEach(async () => {
    agent = new Agent({ keepAlive: true });
    redis = await RedisServer.start();
    recipes = new Recipes("shutdown");
    recipes.write("store");
    recipes.add("handler", APP);
    ({ origin, process: server } = await recipes.serve("shutdown", {
      env: { REDIS_URL: redis.url },
    }));
  });
  afterEach(async () => {
    agent.destroy();
    await server?.end("SIGKILL");
    await redis.stop();
    recipes.remove();
  });

  function request(path: string, cookie = ""): ReturnType<typeof get> {
    return get(origin + path, { agent, headers: { cookie } });
  }

  async function answerTo(path: string, cookie?: string): Promise<IncomingMessage> {
    const [response] = await once(request(path, cookie), "response");
    return response;
  }

  /** The session of a new visitor. */
  async function newSession(): Promise<string> {
    const response = await answerTo("/");
    await text(response);
    return response.headers["set-cookie"]![0]!.split(";", 1)[0]!;
  }

  async function begun(count: number): Promise<void> {
    const notices = (): number => server.output.split("A slow request has begun").length - 1;
    await waitUntil("the slow requests to begin", () => notices() === count);
  }

  async function visitsInRedis(): Promise<number[]> {
    const keys = (await redis.cli("--scan")).trim().split("\n");
    const records = await Promise.all(keys.map((key) => redis.cli("GET", key)));
    return records.map((record) => Number(/visits\\?":(\d+)/.exec(record)?.[1]));
  }

  it("loses no write of a request that is in flight, and ends the process", async () => {
    const [staying, leaving] = [await newSession(), await newSession()];
    const answer = answerTo("/slow?500", staying);
    const left = request("/slow?1500", leaving);
    const reset = once(left, "error").catch(() => {});
    await begun(2);
    left.destroy(); // a browser that the user closes
    await reset;
    const signalled = performance.now();
    server.signal("SIGTERM");

    expect(await text(await answer)).to.equal("Visit 2");
    await waitUntil("the process to end", () => server.hasExited);
    // Node closes idle connections only 5 s after their last response.
    expect(performance.now() - signalled).to.be.below(5000);
    expect(await visitsInRedis()).to.deep.equal([2, 2]);
  });

  it("accepts no connection any more", async () => {
    const session = await newSession();
    const answer = answerTo("/slow?1000", session);
    await begun(1);
    server.signal("SIGTERM");
    await waitUntil("the server to refuse connections", async () => {
      const { cause } = await fetch(origin).catch((error: unknown) => error as any);
      return cause?.code === "ECONNREFUSED";
    });
    expect((await answer).headers.connection).to.equal("close");
  });
});
