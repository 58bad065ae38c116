import { SessionError } from "../../errors.js";
import { assertSame } from "../assertions.js";
import { Client, contextWith } from "../client.js";
import { inParallel, sleep } from "../concurrency.js";
import type { Specify } from "../test-runner.js";
import {
  assertListed,
  assertLoggedOut,
  clientWith,
  idOf,
  logIn,
  newOwner,
} from "./owners-clients.js";
import type { ExternalStoreContractOptions } from "./options.js";
import type { WithStores } from "./stores-under-test.js";

/** How many clients are there at once. */
const RIVALS = 8;
/** In each of so many rounds, the sweep may meet the requests at another moment. */
const ROUNDS = 3;
/** How often each of a client's tabs moves the session. */
const MOVES = 4;
/** The longest pause between two requests. */
const PAUSE_MS = 10;

/** The sessions of stores with the option `owner`: the owner is in the data. */
export function specifyOwnedSessions(
  specify: Specify,
  withStores: WithStores,
  { ctx }: ExternalStoreContractOptions,
): void {
  specify(
    "sessionsOf() lists exactly the sessions of the owner, wherever they began.",
    withStores(async (stores) => {
      const [ada, bob] = [newOwner(), newOwner()];
      const [one, two, moved] = await logIn(stores, ctx, ada, 3);
      const [bobs] = await logIn(stores, ctx, bob, 1);
      await new Client(stores.store, ctx).visit(({ data }) => (data["cart"] = []));
      await assertListed(stores, ctx, ada, [one!, two!, moved!]);
      await moved!.visit(({ data }) => (data["owner"] = bob));
      await assertListed(stores, ctx, ada, [one!, two!]);
      await assertListed(stores, ctx, bob, [bobs!, moved!]);
      await assertListed(stores, ctx, newOwner(), []);
    }),
  );
  specify(
    "sessionsOf() lists no session that has ended, and one that has moved under its new ID only.",
    withStores(async (stores) => {
      const owner = newOwner();
      const [ended, moved] = await logIn(stores, ctx, owner, 2);
      await moved!.visit((session) => session.regenerate());
      await assertListed(stores, ctx, owner, [ended!, moved!]);
      await ended!.visit((session) => session.destroy());
      await assertListed(stores, ctx, owner, [moved!]);
    }),
  );
  specify(
    "endSession() ends one session, and only if it is the owner's.",
    withStores(async (stores) => {
      const { store, otherStore } = stores;
      const owner = newOwner();
      const [ended, kept] = await logIn(stores, ctx, owner, 2);
      const id = await idOf(ended!);
      const options = { owner, ctx: contextWith(ctx) };
      const byOther = await store.endSession(id, { ...options, owner: newOwner() });
      assertSame("The answer of endSession() for another owner", byOther, false);
      await assertListed(stores, ctx, owner, [ended!, kept!]);
      const answer = await otherStore.endSession(id, options);
      assertSame("The answer of endSession()", answer, true);
      await assertLoggedOut(ended!, true);
      await assertListed(stores, ctx, owner, [kept!]);
      const again = await store.endSession(id, options);
      assertSame("The second answer of endSession()", again, false);
    }),
  );
  specify(
    "endSessionsOf() ends all sessions of the owner, but the excepted one and no other owner's.",
    withStores(async (stores) => {
      const { otherStore } = stores;
      const [ada, bob] = [newOwner(), newOwner()];
      const [own, ...others] = await logIn(stores, ctx, ada, 4);
      const [bobs] = await logIn(stores, ctx, bob, 1);
      const except = { id: await idOf(own!) };
      const count = await otherStore.endSessionsOf(ada, { except, ctx: contextWith(ctx) });
      assertSame("The number of ended sessions", count, 3);
      for (const other of others) await assertLoggedOut(other, true);
      await assertListed(stores, ctx, ada, [own!]);
      await assertLoggedOut(own!, false);
      await assertLoggedOut(bobs!, false);
      const rest = await otherStore.endSessionsOf(ada, { ctx: contextWith(ctx) });
      assertSame("The number of ended sessions without except", rest, 1);
      await assertLoggedOut(own!, true);
      await assertLoggedOut(bobs!, false);
    }),
  );
  specify(
    "Of concurrent log-ins of one owner, all are listed, and endSessionsOf() ends them all.",
    withStores(async (stores) => {
      const owner = newOwner();
      const clients = await logIn(stores, ctx, owner, RIVALS);
      await assertListed(stores, ctx, owner, clients);
      const count = await stores.store.endSessionsOf(owner, { ctx: contextWith(ctx) });
      assertSame("The number of ended sessions", count, RIVALS);
      for (const client of clients) await assertLoggedOut(client, true);
      await assertListed(stores, ctx, owner, []);
    }),
  );
}

/** For stores that compare. */
export function specifyConcurrentOwnedSessions(
  specify: Specify,
  withStores: WithStores,
  { ctx }: ExternalStoreContractOptions,
): void {
  specify(
    "endSessionsOf() leaves none alive that concurrent requests save, update and move.",
    withStores(async (stores) => {
      const { store, otherStore } = stores;
      for (let round = 0; round < ROUNDS; round++) {
        const owner = newOwner();
        const clients = await logIn(stores, ctx, owner, RIVALS);
        const values = new Set<string>();
        const sweep = { isOver: false };
        const endAll = async (): Promise<void> => {
          try {
            await otherStore.endSessionsOf(owner, { ctx: contextWith(ctx) });
          } finally {
            sweep.isOver = true;
          }
        };
        const visitUntilItIsOver = async (tab: number): Promise<void> => {
          const client = clients[tab % RIVALS]!;
          for (let visit = 0; client.value !== null && !sweep.isOver; visit++) {
            values.add(client.value);
            await visitAlone(client, visit, tab);
            // Clients that never pause could be faster than endSessionsOf() at each attempt. And if
            // the store answers from memory, no timer and no socket would have a turn.
            await sleep(visit % PAUSE_MS);
          }
        };
        await Promise.all([endAll(), inParallel(RIVALS * 2, visitUntilItIsOver)]);
        for (const { value } of clients) if (value !== null) values.add(value);
        for (const value of values) await assertLoggedOut(clientWith(value, store, ctx), true);
        await assertListed(stores, ctx, owner, []);
      }
    }),
  );
}

/** One of several requests: it writes to the session if it finds one. */
async function visitAlone(client: Client, visit: number, tab: number): Promise<void> {
  try {
    await client.visit(async (session) => {
      if (session.isFresh) return;
      if (visit % 3 === 0 && visit < MOVES * 3) await session.regenerate();
      else if (visit % 3 === 1) await session.update((data) => void (data["count"] = visit));
      else session.data[`tab${tab}`] = visit;
    });
  } catch (error) {
    // Another request has moved or ended the session, as it must be.
    const isConflict = error instanceof SessionError && error.code === "ERR_SESSION_CONFLICT";
    if (!isConflict) throw error;
  }
}
