import {
  ConditionalCheckFailedException,
  GetItemCommand,
  type DynamoDBClient,
} from "@aws-sdk/client-dynamodb";
import { expect } from "chai";
import { DynamoDBSessionStore, TIME_TO_LIVE } from "../../examples/dynamodb-store.js";
import { inLanes } from "../../lib/testing/concurrency.js";
import { externalHooksOf, externalStoreContract } from "../../lib/testing.js";
import { freePort } from "../support/free-port.js";
import { PATIENT } from "../support/patient.js";
import { TcpProxy } from "../support/tcp-proxy.js";
import { clientOf, DynaliteServer } from "./dynamodb-store/dynalite-server.js";

const TTL = 60;
/** The longest that the store allows. */
const LONG_PREFIX = "p".repeat(900);
/** More than the megabyte that one answer to a query holds. */
const ENTRIES = 700;
const LANES = 20;

describe("The example DynamoDBSessionStore", () => {
  let server: DynaliteServer;
  let client: DynamoDBClient;
  /** The names of the commands that read, and may have missed the newest write. */
  const weakReads: string[] = [];

  before(async function () {
    this.timeout(60_000);
    server = await DynaliteServer.start();
    await server.createTables();
    client = clientOf(server.port);
    client.middlewareStack.add((next, { commandName }) => (args) => {
      const { ConsistentRead } = args.input as { ConsistentRead?: boolean };
      if (/^(Get|Query)/.test(`${commandName}`) && !ConsistentRead)
        weakReads.push(`${commandName}`);
      return next(args);
    });
  });
  after(async () => {
    client?.destroy();
    await server?.stop();
  });

  externalStoreContract(
    { describe, it },
    {
      create: (options) => new DynamoDBSessionStore({ client, ...options }),
      broken: async (options) =>
        new DynamoDBSessionStore({ client: clientOf(await freePort(), 1), ...options }),
    },
  );

  describe("with DynamoDB", () => {
    let proxy: TcpProxy;
    let proxied: DynamoDBClient;
    const newCall = (signal = new AbortController().signal) => ({ ctx: {} as never, signal });

    before(async () => {
      proxy = await TcpProxy.to(server.port);
      proxied = clientOf(proxy.port);
    });
    after(async () => {
      proxied?.destroy();
      await proxy?.close();
    });

    async function itemOf(key: string): Promise<Record<string, string | undefined>> {
      const Key = { sessionKey: { S: key } };
      const { Item = {} } = await client.send(new GetItemCommand({ TableName: "sessions", Key }));
      return Object.fromEntries(Object.entries(Item).map(([name, { S, N }]) => [name, S ?? N]));
    }

    it("has run the contract with strongly consistent reads", () => {
      expect(weakReads).to.deep.equal([]);
    });

    it("writes the expiry in whole seconds since 1970, as DynamoDB's time to live needs it", async () => {
      const hooks = externalHooksOf(new DynamoDBSessionStore({ client }));
      const before = Math.floor(Date.now() / 1000);
      await hooks.create("expiring", { text: "a", ttl: TTL }, newCall());
      const expires = (await itemOf("expiring"))[TIME_TO_LIVE.AttributeName];
      expect(expires).to.match(/^\d+$/);
      expect(Number(expires)).to.be.within(before + TTL, Date.now() / 1000 + TTL);
    });

    it("stores records of 400 000 bytes under the longest prefix, and refuses a larger maxBytes", async () => {
      const maxBytes = 400_000;
      const hooks = externalHooksOf(new DynamoDBSessionStore({ client, maxBytes }));
      const [key, text] = [`${LONG_PREFIX}${"k".repeat(43)}`, "x".repeat(maxBytes)];
      expect(await hooks.create(key, { text, ttl: TTL }, newCall())).to.equal(true);
      expect(await hooks.read(key, newCall())).to.equal(text);
      const larger = () => new DynamoDBSessionStore({ client, maxBytes: maxBytes + 1 });
      expect(larger).to.throw(TypeError, "maxBytes");
    });

    it("reads all pages of a user's sessions", async () => {
      const hooks = externalHooksOf(new DynamoDBSessionStore({ client }));
      const owner = `${LONG_PREFIX}owner:${"o".repeat(43)}`;
      const keys = Array.from({ length: ENTRIES }, (_, at) => LONG_PREFIX + `${at}`.padStart(43));
      await inLanes(LANES, keys, async (key) => hooks.link!(owner, key, TTL, newCall()));
      expect(await hooks.linked!(owner, newCall())).to.have.members(keys);
    });

    it("takes no repeated write for a conflict: the first may have written before its answer was lost", async () => {
      const hooks = externalHooksOf(
        new DynamoDBSessionStore({ client: proxied, timeout: PATIENT }),
      );
      await hooks.create("repeated", { text: "a", ttl: TTL }, newCall());
      await proxy.cutBeforeReply(1);
      const error = await failureOf(
        hooks.update("repeated", { text: "b", ttl: TTL, expected: "a" }, newCall()),
      );
      expect(error).to.be.instanceOf(ConditionalCheckFailedException);
      expect((await itemOf("repeated"))["sessionRecord"]).to.equal("b");
    });

    it("gives up a call when the store's timeout is over", async () => {
      const hooks = externalHooksOf(new DynamoDBSessionStore({ client: proxied }));
      await hooks.create("late", { text: "a", ttl: TTL }, newCall());
      await proxy.blackhole();
      const controller = new AbortController();
      const call = newCall(controller.signal);
      const calls = [
        hooks.read("late", call),
        hooks.create("later", { text: "a", ttl: TTL }, call),
        hooks.update("late", { text: "b", ttl: TTL, expected: "a" }, call),
        hooks.remove("late", call),
        hooks.link!("owner", "late", TTL, call),
        hooks.unlink!("owner", "late", call),
        hooks.linked!("owner", call),
      ].map(failureOf);
      setTimeout(() => controller.abort(), 100);
      for (const failure of await Promise.all(calls)) {
        expect(failure).to.have.property("name", "AbortError");
      }
    });
  });
});

async function failureOf(call: unknown): Promise<unknown> {
  try {
    return { answer: await call };
  } catch (error) {
    return error;
  }
}
