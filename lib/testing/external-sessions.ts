import type { ExternalStore } from "../external/external-store.js";
import { generateSessionId } from "../external/session-id.js";
import { currentSecond, type SessionRecord } from "../record.js";
import type { LoadedSession, SavedSession, StoreScope } from "../store.js";
import { Client, contextWith, scopeOf } from "./client.js";
import { assertSame, assertTrue, gateFor, inParallel, sleep, type Specify } from "./contract.js";
import type { ExternalStoreContractOptions, WithStores } from "./external-store-contract.js";
import { JSON_SHAPES } from "./samples.js";

const RIVALS = 8;
const INCREMENTS = 25;

/**
 * What comes of the hooks: sessions, through the store's public methods and through `session()`.
 */
export function specifySessions(
  specify: Specify,
  withStores: WithStores,
  { compares = true, ctx }: ExternalStoreContractOptions,
): void {
  const scope = scopeOf(contextWith(ctx));

  specify(
    "Data comes back as it was saved, whatever it holds.",
    withStores(async ({ store, otherStore }) => {
      for (const data of JSON_SHAPES) {
        const { value } = await saved(store, data, scope);
        const loaded = await found(otherStore, value, scope);
        assertSame("What was loaded", JSON.stringify(loaded.data), JSON.stringify(data));
        await store.destroy(loaded, scope);
      }
    }),
  );
  specify(
    "An ID that the store has not given out is no session.",
    withStores(async ({ store }) => {
      await assertNone(store, await generateSessionId(), scope);
      await assertNone(store, "made-up", scope);
    }),
  );
  specify(
    "A session lives from request to request, until it is destroyed.",
    withStores(async ({ store }) => {
      const client = new Client(store, ctx);
      const seen: unknown[] = [];
      for (let visit = 1; visit <= 3; visit++) {
        await client.visit(({ data }) => seen.push((data["visits"] = (data["visits"] ?? 0) + 1)));
      }
      assertSame("The count of visits", seen.join(), "1,2,3");
      const { value } = client;
      await client.visit((session) => session.destroy());
      assertSame("What the client holds after destroy()", client.value, null);
      client.value = value;
      await client.visit((session) => assertSame("isFresh of the old ID", session.isFresh, true));
    }),
  );
  specify(
    "A destroyed session stays dead, whatever a concurrent request saves.",
    withStores(async ({ store, otherStore }) => {
      const { value } = await saved(store, { n: 1 }, scope);
      const loaded = await found(store, value, scope);
      await otherStore.destroy(loaded, scope);
      const answer = await store.save(loaded, { ...loaded, text: '{"n":2}' }, scope);
      assertTrue(answer === null, "save() found it there.");
      await assertNone(store, value, scope);
    }),
  );
  specify(
    "An expired session stays dead.",
    withStores(async ({ store }) => {
      const { value } = await saved(store, { n: 1 }, scope);
      const begun = await found(store, value, scope);
      const loaded = { ...begun, expires: currentSecond() + 2 };
      assertTrue((await store.save(begun, loaded, scope)) !== null, "save() found it gone.");
      await sleep(loaded.expires * 1000 - Date.now() + 10);
      await assertNone(store, value, scope);
      const prolonged = { ...loaded, text: '{"n":2}', expires: currentSecond() + 3600 };
      assertTrue((await store.save(loaded, prolonged, scope)) === null, "save() found it there.");
      await assertNone(store, value, scope);
    }),
  );
  specify(
    "After regenerate() the old ID is dead, and the data lives under the new one.",
    withStores(async ({ store, otherStore }) => {
      const { value } = await saved(store, { cart: [1] }, scope);
      const loaded = await found(store, value, scope);
      const next = { ...loaded, text: '{"cart":[1],"user":"u"}' };
      const moved = await store.regenerate(loaded, next, scope);
      assertTrue(moved !== null, "regenerate() found the session gone, although it was there.");
      assertTrue(moved.value !== value, "regenerate() kept the old ID.");
      await assertNone(otherStore, value, scope);
      assertSame("The data", (await found(otherStore, moved.value, scope)).text, next.text);
      const late = await store.save(loaded, { ...loaded, text: '{"late":1}' }, scope);
      assertTrue(late === null, "save() found something under the old ID.");
      await assertNone(store, value, scope);
    }),
  );
  if (compares) specifyConcurrency(specify, withStores, scope, ctx);
}

function specifyConcurrency(
  specify: Specify,
  withStores: WithStores,
  scope: StoreScope,
  ctx: object | undefined,
): void {
  specify(
    "Of parallel regenerate() calls exactly one moves the session.",
    withStores(async ({ store, otherStore }) => {
      const { value } = await saved(store, { n: 1 }, scope);
      const loaded = await found(store, value, scope);
      const answers = await inParallel(RIVALS, async (rival) =>
        (rival % 2 ? store : otherStore).regenerate(loaded, loaded, scope),
      );
      const moved = answers.filter((answer) => answer !== null);
      assertSame("The number of calls that moved it", moved.length, 1);
      await assertNone(store, value, scope);
      await found(store, moved[0]!.value, scope);
    }),
  );
  specify(
    "Parallel requests that change different keys all keep their change.",
    withStores(async ({ store, otherStore }) => {
      const client = new Client(store, ctx);
      await client.visit(({ data }) => (data["began"] = true));
      const allHaveLoaded = gateFor(RIVALS);
      await inParallel(RIVALS, (rival) =>
        clientWith(rival % 2 ? store : otherStore, client, ctx).visit(async ({ data }) => {
          await allHaveLoaded();
          data[`key${rival}`] = rival;
        }),
      );
      await client.visit(({ data }) => {
        const lost = Array.from({ length: RIVALS }, (_, rival) => `key${rival}`).filter(
          (key) => !(key in data),
        );
        assertSame("The list of changes that were lost", lost.join(), "");
      });
    }),
  );
  specify(
    "Concurrent increments by ctx.session.update() all count.",
    withStores(async ({ store, otherStore }) => {
      const client = new Client(store, ctx);
      await client.visit(({ data }) => (data["count"] = 0));
      await inParallel(INCREMENTS, (rival) =>
        clientWith(rival % 2 ? store : otherStore, client, ctx).visit((session) =>
          session.update((data) => (data["count"] = Number(data["count"]) + 1)),
        ),
      );
      await client.visit(({ data }) => assertSame("The count", data["count"], INCREMENTS));
    }),
  );
}

function clientWith(store: ExternalStore, holder: Client, ctx: object | undefined): Client {
  const client = new Client(store, ctx);
  client.value = holder.value;
  return client;
}

async function saved(store: ExternalStore, data: object, scope: StoreScope): Promise<SavedSession> {
  const created = currentSecond();
  const next: SessionRecord = { text: store.serialize(data), created, expires: created + 3600 };
  const answer = await store.save(null, next, scope);
  assertTrue(answer !== null, "save() of a new session answered null.");
  return answer;
}

async function found(
  store: ExternalStore,
  value: string,
  scope: StoreScope,
): Promise<LoadedSession> {
  const answer = await store.load(value, scope);
  if (typeof answer === "string") throw new Error(`load() found no session: ${answer}.`);
  return answer;
}

async function assertNone(store: ExternalStore, value: string, scope: StoreScope): Promise<void> {
  const answer = await store.load(value, scope);
  assertTrue(typeof answer === "string", "load() found a session that must not be there.");
}
