import type { ExternalStore } from "../../external/external-store.js";
import { generateSessionId } from "../../external/session-id.js";
import { assertSame, assertTrue } from "../assertions.js";
import { Client, contextWith } from "../client.js";
import { inParallel } from "../concurrency.js";
import type { StoresUnderTest } from "./stores-under-test.js";

export function newOwner(): string {
  return `owner ${generateSessionId()}`;
}

/** Several clients log in at once, at both stores; half of them already have a guest's session. */
export async function logIn(
  { store, otherStore }: StoresUnderTest,
  ctx: object | undefined,
  owner: string,
  count: number,
): Promise<Client[]> {
  return inParallel(count, async (rival) => {
    const client = new Client(rival % 2 ? otherStore : store, ctx);
    if (rival % 4 < 2) await client.visit(({ data }) => (data["cart"] = [rival]));
    await client.visit(async (session) => {
      await session.regenerate();
      session.data["owner"] = owner;
    });
    return client;
  });
}

export function clientWith(value: string, store: ExternalStore, ctx: object | undefined): Client {
  const client = new Client(store, ctx);
  client.value = value;
  return client;
}

export async function idOf(client: Client): Promise<string> {
  const ids: (string | undefined)[] = [];
  await client.visit(({ id }) => ids.push(id));
  const [id] = ids;
  assertTrue(id !== undefined, "The client has no session: it was ended, or not saved.");
  return id;
}

export async function assertLoggedOut(client: Client, wanted: boolean): Promise<void> {
  await client.visit(({ isFresh }) =>
    assertTrue(isFresh === wanted, `A client has ${wanted ? "still its" : "lost its"} session.`),
  );
}

/** Checks that both stores list exactly these clients' sessions, with their data. */
export async function assertListed(
  { store, otherStore }: StoresUnderTest,
  ctx: object | undefined,
  owner: string,
  clients: readonly Client[],
): Promise<void> {
  const wanted = await Promise.all(clients.map(idOf));
  for (const each of [store, otherStore]) {
    const sessions = await each.sessionsOf(owner, { ctx: contextWith(ctx) });
    const ids = sessions.map(({ id }) => id);
    const missing = wanted.filter((id) => !ids.includes(id));
    assertTrue(
      missing.length === 0 && ids.length === wanted.length,
      `sessionsOf() lists ${ids.length} sessions: ${missing.length} of the owner's ${wanted.length} are missing.`,
    );
    for (const { data } of sessions)
      assertSame("The owner in the listed data", (data as { owner?: string }).owner, owner);
  }
}
