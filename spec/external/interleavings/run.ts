import type { Clock } from "../../support/clock.js";
import { Actor, type Lane, type Sent, type Task } from "./actor.js";
import { keyIn, macOf, parseBinding } from "./bindings.js";
import { BrowserKeys } from "./browser-keys.js";
import { expectSame } from "./checks.js";
import { FaultPlan, type PlannedFault } from "./faults.js";
import { History } from "./history.js";
import { expectNoLeftovers } from "./leftovers.js";
import { Model } from "./model.js";
import { isForDevice, MOVES, type Operation, type Start } from "./operations.js";
import { Owners } from "./owners.js";
import { withoutPauses } from "./pauses.js";
import { countingCrypto } from "./pending-crypto.js";
import { keyOf } from "./records.js";
import { expectPlausible } from "./responses.js";
import { Schedule, type Choose, type Party, type Turn } from "./schedule.js";
import type { Backend } from "./scheduled-store.js";
import { Site, type Outcome } from "./site.js";
import {
  CLOCK_SKEW_SECONDS,
  currentSecond,
  GRACE_SECONDS,
  IDLE_TIMEOUT_SECONDS,
  LATE_SECONDS,
} from "./times.js";

/** A request of the group, or a time that passes beside the requests. */
export interface PlannedRequest extends Task {
  /** The process that answers the request. */
  readonly process: 0 | 1;
  /**
   * Whether the client sends the request at any later time, with the newest ID that a client has
   * then (a late request: with the first ID). Otherwise it sends the request at once.
   */
  readonly isSentLater: boolean;
  /** The browser that sends it. Default: the first one. */
  readonly browser?: number;
  /** Whether somebody else sends it who has the ID only. Default: it has the browser's proof. */
  readonly isUnproven?: boolean;
}

/** A group of concurrent requests. */
export interface Scenario {
  readonly requests: readonly PlannedRequest[];
  /** How the session of each browser starts. Default: one session. */
  readonly sessions?: readonly Start[];
  /** Whether sessions have owners. Default: no. */
  readonly hasOwners?: boolean;
  /**
   * Whether sessions are bound to devices: each browser has been asked for a key, or has registered it.
   * Default: no.
   */
  readonly devices?: "asked" | "bound";
  /** Default: none. */
  readonly faults?: readonly PlannedFault[];
  /** Whether each reply of the backend takes a turn of its own. Default: no. */
  readonly repliesTakeTurns?: boolean;
}

interface InFlight {
  readonly process: 0 | 1;
  readonly turn: Turn;
  readonly crash: () => void;
}

/** How long before the requests the session began: a renewal is due for all that read it. */
const AGE_SECONDS = 10;
const SECONDS_OF = {
  "let expire": IDLE_TIMEOUT_SECONDS - AGE_SECONDS,
  "let ten seconds pass": LATE_SECONDS,
};

/** Runs concurrent requests in one order of their steps, and checks their responses. */
export class Run {
  readonly #clock: Clock;
  readonly #model: Model;
  readonly #history = new History();
  readonly #backend: Backend;
  readonly #sites: [Site?, Site?] = [];
  readonly #schedule: Schedule;
  readonly #faults: FaultPlan;
  /** The IDs that each browser has received, oldest first. */
  readonly #ids: Set<string>[];
  readonly #keys: BrowserKeys[];
  /** The requests, and what to do with each if its process crashes. */
  readonly #inFlight = new Map<Actor, InFlight>();
  #passedSeconds = 0;

  /** Returns the number of backend calls of the requests. */
  static async of(scenario: Scenario, choose: Choose, clock: Clock): Promise<number> {
    return countingCrypto((isComputing) =>
      Run.#ofOne(new Run(scenario, choose, isComputing, clock), scenario),
    );
  }

  static async #ofOne(run: Run, scenario: Scenario): Promise<number> {
    const rejections: unknown[] = [];
    const note = (reason: unknown) => rejections.push(reason);
    process.on("unhandledRejection", note);
    try {
      await withoutPauses(
        () => run.#passedSeconds,
        () => run.#run(scenario),
      );
      expectSame("the unhandled rejections", rejections, []);
      return run.#faults.calls;
    } catch (error) {
      throw run.#history.explain(run.#model.violation?.error ?? error);
    } finally {
      process.off("unhandledRejection", note);
    }
  }

  private constructor(
    scenario: Scenario,
    choose: Choose,
    isComputing: () => boolean,
    clock: Clock,
  ) {
    const { faults = [], repliesTakeTurns = false, hasOwners = false } = scenario;
    const { devices, sessions = ["start"] } = scenario;
    const bindsDevices = devices !== undefined;
    this.#clock = clock;
    this.#model = new Model(bindsDevices);
    this.#schedule = new Schedule(choose, isComputing);
    this.#faults = new FaultPlan(faults);
    this.#ids = sessions.map(() => new Set());
    this.#keys = sessions.map(() => new BrowserKeys());
    this.#backend = {
      rows: new Map(),
      model: this.#model,
      history: this.#history,
      owners: new Owners(this.#model.entries),
      hasOwners,
      bindsDevices,
      repliesTakeTurns,
    };
  }

  async #run({ requests, sessions = ["start"], hasOwners, devices }: Scenario): Promise<void> {
    for (const [browser, start] of sessions.entries()) {
      const name = sessions.length === 1 ? "start" : `start ${browser + 1}`;
      const { id } = await this.#request(0, browser, this.#check(name, start, ""));
      if (devices === "bound") await this.#bind(browser, id!);
    }
    this.#pass(AGE_SECONDS);
    const firstIds = this.#ids.map(([id]) => id!);
    for (const [i, request] of requests.entries()) {
      const firstId = firstIds[request.browser ?? 0]!;
      this.#schedule.add(this.#party(request, `request ${i + 1}`, firstId));
    }
    await this.#schedule.run();
    await this.#lookAtEverySession();
    if (devices) await this.#lookWithoutProof();
    if (hasOwners) this.#expectIndexToEmpty();
    // An unhandled rejection is reported after the microtasks.
    await new Promise((resolve) => setImmediate(resolve));
  }

  #party(request: PlannedRequest, name: string, firstId: string): Party {
    const { operation, process, isSentLater, browser = 0 } = request;
    return async (turn) => {
      const seconds = SECONDS_OF[operation as keyof typeof SECONDS_OF];
      if (seconds) {
        await turn();
        this.#pass(seconds);
        return;
      }
      if (isSentLater) await turn();
      const id =
        isSentLater && operation !== "late request" ? [...this.#ids[browser]!].at(-1)! : firstId;
      const sent = await this.#sentFor(request, browser, id);
      const actor = new Actor(name, request, this.#laneOf(turn, process), id, sent);
      const crashed = new Promise<null>((resolve) => {
        this.#inFlight.set(actor, { process, turn, crash: () => resolve(null) });
      });
      const outcome = await Promise.race([this.#request(process, browser, actor), crashed]);
      if (outcome) await this.#expectOldIdIsDead(outcome);
    };
  }

  /** The browser registers its key and asks for a challenge, long before the requests. */
  async #bind(browser: number, id: string): Promise<void> {
    for (const operation of ["register", "ask for a challenge"] as const) {
      const sent = await this.#sentFor({ operation }, browser, id);
      await this.#request(0, browser, this.#check(operation, operation, id, sent));
    }
  }

  async #sentFor(
    { operation, isUnproven }: Pick<PlannedRequest, "operation" | "isUnproven">,
    browser: number,
    id: string,
  ): Promise<Sent> {
    const keys = this.#keys[browser]!;
    const device = isForDevice(operation) ? await keys.requestFor(operation, id) : undefined;
    return { proof: isUnproven ? undefined : keys.proof, device };
  }

  #pass(seconds: number): void {
    this.#clock.pass(seconds);
    this.#passedSeconds += seconds;
    this.#history.noteTime(seconds);
    this.#backend.owners.look();
  }

  #laneOf(turn: Turn, process: 0 | 1): Lane {
    return {
      turn,
      pause: () => new Promise<void>((resolve) => this.#postpone(resolve)),
      postpone: (step) => this.#postpone(step),
      beforeUpdate: (actor) => this.#model.inFlight.onUpdateCall(actor),
      nextFault: () => this.#faults.next(),
      crash: () => this.#crash(process),
    };
  }

  /** The requests of the process never go on, and another process takes its place. */
  #crash(process: 0 | 1): void {
    this.#sites[process] = undefined;
    for (const [actor, request] of this.#inFlight) {
      if (request.process !== process) continue;
      this.#inFlight.delete(actor);
      this.#schedule.drop(request.turn);
      actor.faults++;
      this.#model.inFlight.onEnd(actor);
      request.crash();
    }
  }

  #postpone(step: () => void): void {
    this.#schedule.add(async (turn) => {
      await turn();
      step();
    });
  }

  /** A request of the spec itself, which does not wait for a turn and meets no faults. */
  #check(name: string, operation: Operation, id: string, sent?: Sent): Actor {
    const nothing = () => undefined;
    const atOnce = async () => {};
    const lane: Lane = {
      turn: atOnce,
      pause: atOnce,
      postpone: nothing,
      beforeUpdate: nothing,
      nextFault: nothing,
      crash: nothing,
    };
    return new Actor(name, { operation, isAwaited: true }, lane, id, sent);
  }

  async #request(process: 0 | 1, browser: number, actor: Actor): Promise<Outcome> {
    this.#model.inFlight.onBegin(actor);
    const outcome = await (this.#sites[process] ??= new Site(this.#backend)).request(actor);
    this.#model.inFlight.onEnd(actor);
    if (this.#model.violation) throw this.#model.violation.error;
    expectPlausible(outcome, this.#model);
    this.#keys[browser]!.learn(outcome);
    if (outcome.id) {
      this.#ids[browser]!.delete(outcome.id);
      this.#ids[browser]!.add(outcome.id);
    }
    return outcome;
  }

  /** Reads under the old ID after the response of a regenerate() or destroy(). */
  async #expectOldIdIsDead({ actor, status }: Outcome): Promise<void> {
    const { operation, answer, id } = actor;
    if (actor.foundUnproven) return;
    const isDead = operation === "destroy" || (MOVES.includes(operation) && answer?.seen);
    if (status === 200 && isDead) await this.#look(id, null);
  }

  async #look(id: string, expected: unknown): Promise<void> {
    const sent = { proof: this.#proofFor(id) };
    const { actor } = await this.#request(0, 0, this.#check("a look", "look", id, sent));
    expectSame("the data under an ID", actor.answer!.seen, expected);
  }

  async #lookAtEverySession(): Promise<void> {
    const ids = this.#ids.flatMap((received) => [...received]);
    expectNoLeftovers(this.#model, this.#backend.rows, ids.map(keyOf));
    for (const id of ids) {
      await this.#look(id, this.#model.entries.dataAt(keyOf(id)));
    }
  }

  /** The proof that the session under this ID needs, whether or not its browser has got it. */
  #proofFor(id: string): string | undefined {
    const binding = this.#model.entries.liveAt(keyOf(id))?.binding;
    if (binding === undefined) return undefined;
    return macOf("proof", currentSecond() + 1, parseBinding(binding).secret);
  }

  /** Once the requests that were under way have ended, an ID alone is worth nothing if there is a key. */
  async #lookWithoutProof(): Promise<void> {
    this.#pass(GRACE_SECONDS);
    for (const id of this.#ids.flatMap((received) => [...received])) {
      const live = this.#model.entries.liveAt(keyOf(id));
      const { actor } = await this.#request(0, 0, this.#check("a look of a thief", "look", id));
      const isBound = keyIn(live?.binding) !== undefined;
      expectSame("what a thief sees", actor.answer!.seen, isBound ? null : (live?.data ?? null));
    }
  }

  #expectIndexToEmpty(): void {
    const { owners } = this.#backend;
    if (!this.#faults.hasFailed) owners.expectNoDeadEntries();
    this.#pass(IDLE_TIMEOUT_SECONDS + CLOCK_SKEW_SECONDS);
    owners.expectEmpty();
  }
}
