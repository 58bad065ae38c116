import type { ExternalStore } from "../../external/external-store.js";
import { generateSessionId } from "../../external/session-id.js";
import { currentSecond } from "../../records/expiry.js";
import type { SessionRecord } from "../../records/record.js";
import type { LoadedSession, SavedSession, SessionScope } from "../../records/store.js";
import { assertSame, assertTrue } from "../assertions.js";
import { Client, contextWith, destroyAfterThreeVisits, scopeOf } from "../client.js";
import { gateFor, inParallel, sleep } from "../concurrency.js";
import { JSON_SHAPES } from "../json-shapes.js";
import type { Specify } from "../test-runner.js";
import type { ExternalStoreContractOptions } from "./options.js";
import type { WithStores } from "./stores-under-test.js";

const RIVALS = 8;
const INCREMENTS = 25;

/** Calls what `session()` calls on a store, or `session()` itself. */
export function specifySessions(
  specify: Specify,
  specifySleeping: Specify,
  withStores: WithStores,
  { ctx }: ExternalStoreContractOptions,
): void {
  const scope = scopeOf(contextWith(ctx));

  specify(
    "load() returns exactly the data that were saved.",
    withStores(async ({ store, otherStore }) => {
      for (const data of JSON_SHAPES) {
        const { value } = await saveNew(store, data, scope);
        const loaded = await load(otherStore, value, scope);
        assertSame("The loaded data", JSON.stringify(loaded.data), JSON.stringify(data));
        await store.destroy(value, loaded, scope);
      }
    }),
  );
  specify(
    "load() rejects an ID that the store has not generated.",
    withStores(async ({ store }) => {
      await assertRejected(store, generateSessionId(), scope);
      await assertRejected(store, "made-up", scope);
    }),
  );
  specify(
    "A session lasts from request to request until it is destroyed.",
    withStores(async ({ store }) => {
      const client = new Client(store, ctx);
      client.value = await destroyAfterThreeVisits(client);
      await client.visit((session) => assertSame("isFresh of the old ID", session.isFresh, true));
    }),
  );
  specify(
    "A destroyed session stays destroyed if a concurrent request saves it.",
    withStores(async ({ store, otherStore }) => {
      const { value } = await saveNew(store, { n: 1 }, scope);
      const loaded = await load(store, value, scope);
      await otherStore.destroy(value, loaded, scope);
      const answer = await store.save(loaded, { ...loaded, text: '{"n":2}' }, scope);
      assertTrue(answer === null, "save() found the destroyed session.");
      await assertRejected(store, value, scope);
    }),
  );
  specifySleeping(
    "An expired session stays expired if a request saves it.",
    withStores(async ({ store }) => {
      const { value } = await saveNew(store, { n: 1 }, scope);
      const fresh = await load(store, value, scope);
      const loaded = { ...fresh, expires: currentSecond() + 2 };
      const saved = await store.save(fresh, loaded, scope);
      assertTrue(saved !== null, "save() did not find the session.");
      await sleep(loaded.expires * 1000 - Date.now() + 10);
      await assertRejected(store, value, scope);
      const renewed = { ...loaded, text: '{"n":2}', expires: currentSecond() + 3600 };
      const answer = await store.save(loaded, renewed, scope);
      assertTrue(answer === null, "save() found the expired session.");
      await assertRejected(store, value, scope);
    }),
  );
  specify(
    "destroy() with the old ID of a session that has moved ends the session.",
    withStores(async ({ store, otherStore }) => {
      const { value } = await saveNew(store, { n: 1 }, scope);
      const loaded = await load(store, value, scope);
      const moved = await store.regenerate(loaded, () => false, scope);
      assertTrue(typeof moved !== "string", "regenerate() did not find the session.");
      const hasEnded = await otherStore.destroy(value, null, scope);
      assertSame("The answer of destroy()", hasEnded, true);
      await assertRejected(store, moved.value, scope);
    }),
  );
  specify(
    "After regenerate() the old ID stays rejected, and the new ID has the data.",
    withStores(async ({ store, otherStore }) => {
      const { value } = await saveNew(store, { cart: [1] }, scope);
      const loaded = await load(store, value, scope);
      const moved = await store.regenerate(loaded, () => false, scope);
      assertTrue(typeof moved !== "string", "regenerate() did not find the session.");
      assertTrue(moved.value !== value, "regenerate() kept the old ID.");
      await assertRejected(otherStore, value, scope);
      assertSame("The data", (await load(otherStore, moved.value, scope)).text, loaded.text);
      const late = await store.save(loaded, { ...loaded, text: '{"late":1}' }, scope);
      assertTrue(late === null, "save() found a session under the old ID.");
      await assertRejected(store, value, scope);
    }),
  );
}

/** For stores that compare. */
export function specifyConcurrentSessions(
  specify: Specify,
  withStores: WithStores,
  { ctx }: ExternalStoreContractOptions,
): void {
  const scope = scopeOf(contextWith(ctx));

  specify(
    "Exactly one of several parallel regenerate() calls moves the session.",
    withStores(async ({ store, otherStore }) => {
      const { value } = await saveNew(store, { n: 1 }, scope);
      const loaded = await load(store, value, scope);
      const answers = await inParallel(RIVALS, async (rival) =>
        (rival % 2 ? store : otherStore).regenerate(loaded, () => false, scope),
      );
      const moved = answers.filter((answer) => typeof answer !== "string");
      assertSame("The number of calls that moved the session", moved.length, 1);
      await assertRejected(store, value, scope);
      await load(store, moved[0]!.value, scope);
    }),
  );
  specify(
    "Parallel requests that change different keys of the data lose no change.",
    withStores(async ({ store, otherStore }) => {
      const client = new Client(store, ctx);
      await client.visit(({ data }) => (data["began"] = true));
      const allHaveLoaded = gateFor(RIVALS);
      await inParallel(RIVALS, (rival) =>
        sameClientOn(rival % 2 ? store : otherStore, client, ctx).visit(async ({ data }) => {
          await allHaveLoaded();
          data[`key${rival}`] = rival;
        }),
      );
      await client.visit(({ data }) => {
        const lost = Array.from({ length: RIVALS }, (_, rival) => `key${rival}`).filter(
          (key) => !(key in data),
        );
        assertSame("The list of lost changes", lost.join(), "");
      });
    }),
  );
  specify(
    "Concurrent increments by ctx.session.update() lose no increment.",
    withStores(async ({ store, otherStore }) => {
      const client = new Client(store, ctx);
      await client.visit(({ data }) => (data["count"] = 0));
      await inParallel(INCREMENTS, (rival) =>
        sameClientOn(rival % 2 ? store : otherStore, client, ctx).visit((session) =>
          session.update((data) => (data["count"] = Number(data["count"]) + 1)),
        ),
      );
      await client.visit(({ data }) => assertSame("The count", data["count"], INCREMENTS));
    }),
  );
}

/** The client, with the same ID, at another server. */
function sameClientOn(store: ExternalStore, client: Client, ctx: object | undefined): Client {
  const copy = new Client(store, ctx);
  copy.value = client.value;
  return copy;
}

async function saveNew(
  store: ExternalStore,
  data: object,
  scope: SessionScope,
): Promise<SavedSession> {
  const created = currentSecond();
  const text = store.codec.serialize(data);
  const next: SessionRecord = { text, created, expires: created + 3600 };
  const answer = await store.save(null, next, scope);
  assertTrue(answer !== null, "save() of a new session returned null.");
  return answer;
}

async function load(
  store: ExternalStore,
  value: string,
  scope: SessionScope,
): Promise<LoadedSession> {
  const answer = await store.load(value, scope);
  if (typeof answer === "string") throw new Error(`load() returned no session: ${answer}.`);
  return answer;
}

async function assertRejected(
  store: ExternalStore,
  value: string,
  scope: SessionScope,
): Promise<void> {
  const answer = await store.load(value, scope);
  assertTrue(typeof answer === "string", "load() returned a session that must not exist.");
}
