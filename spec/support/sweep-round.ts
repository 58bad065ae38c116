import { setTimeout as sleep } from "node:timers/promises";
import { SessionError, type ExternalStore } from "../../lib/index.js";
import { Client } from "../../lib/testing/client.js";

const DEVICES = 4;
/** Each device sends several requests at once. */
const TABS = 2;
const LATE_LOGINS = 2;
/** How often each tab moves its session, so that a round ends. */
const MOVES = 4;
/** The longest pause between two requests of a tab. */
const PAUSE_MS = 10;

/** What came of a round. The first two must be 0. */
export interface SweepOutcome {
  /** Sessions that were the owner's when `endSessionsOf()` was called, and still are. */
  survivors: number;
  /** Sessions that are alive, and that `sessionsOf()` does not list. */
  unlisted: number;
  /** What `endSessionsOf()` returned. */
  swept: number;
  moves: number;
  /** Log-ins that were answered after `endSessionsOf()` had been called. */
  late: number;
}

/**
 * One owner's devices log in, and save, update and move their sessions, each request at any of the
 * stores, while one of these ends the owner's sessions.
 */
export async function sweepRound(
  stores: readonly ExternalStore[],
  round: number,
): Promise<SweepOutcome> {
  const owner = `owner ${round}`;
  const outcome: SweepOutcome = { survivors: 0, unlisted: 0, swept: 0, moves: 0, late: 0 };
  const storeFor = (index: number): ExternalStore => stores[(round + index) % stores.length]!;
  /** What a device holds, whichever store serves its next request. */
  const devices = Array.from({ length: DEVICES }, () => ({ value: null as string | null }));
  const early = new Set<string>();
  const sweep = { isCalled: false, isOver: false };

  const logIn = async (device: { value: string | null }, index: number): Promise<void> => {
    const client = new Client(storeFor(index), undefined);
    if (index % 2) await client.visit(({ data }) => (data["cart"] = [index]));
    await client.visit(async (session) => {
      await session.regenerate();
      session.data["owner"] = owner;
    });
    device.value = client.value;
  };
  await Promise.all(devices.map(logIn));

  const useDevice = async (tab: number): Promise<void> => {
    const device = devices[tab % DEVICES]!;
    for (let visit = 0; device.value !== null && !sweep.isOver; visit++) {
      early.add(device.value);
      const client = new Client(storeFor(tab + visit), undefined);
      const sent = (client.value = device.value);
      await withConflicts(() =>
        client.visit(async (session) => {
          if (session.isFresh) return;
          if (visit % 3 === tab % 3 && visit < MOVES * 3) {
            await session.regenerate();
            outcome.moves += 1;
          } else if (visit % 2 === 1) {
            await session.update((data) => (data["updates"] = visit));
          } else {
            session.data[`tab${tab}`] = visit;
          }
        }),
      );
      if (client.value !== sent) device.value = client.value;
      await sleep(visit % PAUSE_MS);
    }
  };
  const lateDevices = Array.from({ length: LATE_LOGINS }, () => ({ value: null as string | null }));
  const logInLate = async (device: { value: string | null }, index: number): Promise<void> => {
    await sleep(1 + ((round + index * 3) % 8));
    await logIn(device, round + index);
    if (sweep.isCalled) outcome.late += 1;
    else early.add(device.value!);
  };
  const endAll = async (): Promise<void> => {
    await sleep(round % 5);
    sweep.isCalled = true;
    try {
      outcome.swept = await storeFor(round).endSessionsOf(owner);
    } finally {
      sweep.isOver = true;
    }
  };
  await Promise.all([
    endAll(),
    ...Array.from({ length: DEVICES * TABS }, (_, tab) => useDevice(tab)),
    ...lateDevices.map(logInLate),
  ]);
  for (const { value } of devices) if (value !== null) early.add(value);

  const listed = (await storeFor(1).sessionsOf(owner)).map(({ id }) => id);
  const aliveUnder = async (value: string): Promise<string | null> => {
    const client = new Client(storeFor(2), undefined);
    client.value = value;
    const found: (string | null)[] = [];
    await client.visit(({ data, id }) => found.push(data["owner"] === owner ? id! : null));
    return found[0]!;
  };
  for (const value of early) if (await aliveUnder(value)) outcome.survivors += 1;
  for (const { value } of lateDevices) {
    const id = await aliveUnder(value!);
    if (id && !listed.includes(id)) outcome.unlisted += 1;
  }
  await storeFor(0).endSessionsOf(owner);
  for (const { value } of lateDevices) if (await aliveUnder(value!)) outcome.survivors += 1;
  return outcome;
}

/** A request whose session another one has moved or ended is refused, as it must be. */
async function withConflicts(visit: () => Promise<void>): Promise<void> {
  try {
    await visit();
  } catch (error) {
    const isConflict = error instanceof SessionError && error.code === "ERR_SESSION_CONFLICT";
    if (!isConflict) throw error;
  }
}
