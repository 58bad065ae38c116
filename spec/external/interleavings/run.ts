import type { Clock } from "../../support/clock.js";
import { Actor, type Lane, type Task } from "./actor.js";
import { expectSame } from "./checks.js";
import { FaultPlan, type PlannedFault } from "./faults.js";
import { History } from "./history.js";
import { expectNoLeftovers } from "./leftovers.js";
import { Model } from "./model.js";
import { MOVES, type Start } from "./operations.js";
import { withoutPauses } from "./pauses.js";
import { Owners } from "./owners.js";
import { keyOf } from "./records.js";
import { expectPlausible } from "./responses.js";
import { Schedule, type Choose, type Party, type Turn } from "./schedule.js";
import type { Backend } from "./scheduled-store.js";
import { Site, type Outcome } from "./site.js";
import { CLOCK_SKEW_SECONDS, IDLE_TIMEOUT_SECONDS, LATE_SECONDS } from "./times.js";

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
}

/** A group of concurrent requests. */
export interface Scenario {
  readonly requests: readonly PlannedRequest[];
  /** How the session of each browser starts. Default: one session. */
  readonly sessions?: readonly Start[];
  /** Whether sessions have owners. Default: no. */
  readonly hasOwners?: boolean;
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
  readonly #model = new Model();
  readonly #history = new History();
  readonly #backend: Backend;
  readonly #sites: [Site?, Site?] = [];
  readonly #schedule: Schedule;
  readonly #faults: FaultPlan;
  /** The IDs that each browser has received, oldest first. */
  readonly #ids: Set<string>[];
  /** The requests, and what to do with each if its process crashes. */
  readonly #inFlight = new Map<Actor, InFlight>();
  #passedSeconds = 0;

  /** Returns the number of backend calls of the requests. */
  static async of(scenario: Scenario, choose: Choose, clock: Clock): Promise<number> {
    const run = new Run(scenario, choose, clock);
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
    { faults = [], repliesTakeTurns = false, hasOwners = false, sessions = ["start"] }: Scenario,
    choose: Choose,
    clock: Clock,
  ) {
    this.#clock = clock;
    this.#schedule = new Schedule(choose);
    this.#faults = new FaultPlan(faults);
    this.#ids = sessions.map(() => new Set());
    this.#backend = {
      rows: new Map(),
      model: this.#model,
      history: this.#history,
      owners: new Owners(this.#model.entries),
      hasOwners,
      repliesTakeTurns,
    };
  }

  async #run({ requests, sessions = ["start"], hasOwners }: Scenario): Promise<void> {
    for (const [browser, start] of sessions.entries()) {
      const name = sessions.length === 1 ? "start" : `start ${browser + 1}`;
      await this.#request(0, browser, this.#check(name, start, ""));
    }
    this.#pass(AGE_SECONDS);
    const firstIds = this.#ids.map(([id]) => id!);
    for (const [i, request] of requests.entries()) {
      const firstId = firstIds[request.browser ?? 0]!;
      this.#schedule.add(this.#party(request, `request ${i + 1}`, firstId));
    }
    await this.#schedule.run();
    await this.#lookAtEverySession();
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
      const actor = new Actor(name, request, this.#laneOf(turn, process), id);
      const crashed = new Promise<null>((resolve) => {
        this.#inFlight.set(actor, { process, turn, crash: () => resolve(null) });
      });
      const outcome = await Promise.race([this.#request(process, browser, actor), crashed]);
      if (outcome) await this.#expectOldIdIsDead(outcome);
    };
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
  #check(name: string, operation: Start | "look", id: string): Actor {
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
    return new Actor(name, { operation, isAwaited: true }, lane, id);
  }

  async #request(process: 0 | 1, browser: number, actor: Actor): Promise<Outcome> {
    this.#model.inFlight.onBegin(actor);
    const outcome = await (this.#sites[process] ??= new Site(this.#backend)).request(actor);
    this.#model.inFlight.onEnd(actor);
    if (this.#model.violation) throw this.#model.violation.error;
    expectPlausible(outcome, this.#model);
    if (outcome.id) {
      this.#ids[browser]!.delete(outcome.id);
      this.#ids[browser]!.add(outcome.id);
    }
    return outcome;
  }

  /** Reads under the old ID after the response of a regenerate() or destroy(). */
  async #expectOldIdIsDead({ actor, status }: Outcome): Promise<void> {
    const { operation, answer, id } = actor;
    const isDead = operation === "destroy" || (MOVES.includes(operation) && answer?.seen);
    if (status === 200 && isDead) await this.#look(id, null);
  }

  async #look(id: string, expected: unknown): Promise<void> {
    const { actor } = await this.#request(0, 0, this.#check("a look", "look", id));
    expectSame("the data under an ID", actor.answer!.seen, expected);
  }

  async #lookAtEverySession(): Promise<void> {
    const ids = this.#ids.flatMap((received) => [...received]);
    expectNoLeftovers(this.#model, this.#backend.rows, ids.map(keyOf));
    for (const id of ids) {
      await this.#look(id, this.#model.entries.dataAt(keyOf(id)));
    }
  }

  #expectIndexToEmpty(): void {
    const { owners } = this.#backend;
    if (!this.#faults.hasFailed) owners.expectNoDeadEntries();
    this.#pass(IDLE_TIMEOUT_SECONDS + CLOCK_SKEW_SECONDS);
    owners.expectEmpty();
  }
}
