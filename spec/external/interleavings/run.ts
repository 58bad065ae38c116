import type { Clock } from "../../support/clock.js";
import { Actor, type Lane, type Task } from "./actor.js";
import { expectSame } from "./checks.js";
import { FaultPlan, type PlannedFault } from "./faults.js";
import { History } from "./history.js";
import { expectNoLeftovers } from "./leftovers.js";
import { Model } from "./model.js";
import { MOVES } from "./operations.js";
import { withoutPauses } from "./pauses.js";
import { keyOf } from "./records.js";
import { expectPlausible } from "./responses.js";
import { Schedule, type Choose, type Party, type Turn } from "./schedule.js";
import type { Backend } from "./scheduled-store.js";
import { Site, type Outcome } from "./site.js";
import { IDLE_TIMEOUT_SECONDS, LATE_SECONDS } from "./times.js";

/** A request of the group, or a time that passes beside the requests. */
export interface PlannedRequest extends Task {
  /** The process that answers the request. */
  readonly process: 0 | 1;
  /**
   * Whether the client sends the request at any later time, with the newest ID that a client has
   * then (a late request: with the first ID). Otherwise it sends the request at once.
   */
  readonly isSentLater: boolean;
}

/** A group of concurrent requests of one session. */
export interface Scenario {
  readonly requests: readonly PlannedRequest[];
  /** Default: none. */
  readonly faults?: readonly PlannedFault[];
  /** Whether each reply of the backend takes a turn of its own. Default: no. */
  readonly repliesTakeTurns?: boolean;
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
  /** The IDs that clients have received, oldest first. */
  readonly #ids = new Set<string>();

  /** Returns the number of backend calls of the requests. */
  static async of(scenario: Scenario, choose: Choose, clock: Clock): Promise<number> {
    const run = new Run(scenario, choose, clock);
    const rejections: unknown[] = [];
    const note = (reason: unknown) => rejections.push(reason);
    process.on("unhandledRejection", note);
    try {
      await withoutPauses(() => run.#run(scenario.requests));
      expectSame("the unhandled rejections", rejections, []);
      return run.#faults.calls;
    } catch (error) {
      throw run.#history.explain(run.#model.violation?.error ?? error);
    } finally {
      process.off("unhandledRejection", note);
    }
  }

  private constructor(
    { faults = [], repliesTakeTurns = false }: Scenario,
    choose: Choose,
    clock: Clock,
  ) {
    this.#clock = clock;
    this.#schedule = new Schedule(choose);
    this.#faults = new FaultPlan(faults);
    this.#backend = {
      rows: new Map(),
      model: this.#model,
      history: this.#history,
      repliesTakeTurns,
    };
  }

  async #run(requests: readonly PlannedRequest[]): Promise<void> {
    await this.#request(0, this.#check("start", "start", ""));
    const [firstId] = this.#ids;
    this.#pass(AGE_SECONDS);
    for (const [i, request] of requests.entries()) {
      this.#schedule.add(this.#party(request, `request ${i + 1}`, firstId!));
    }
    await this.#schedule.run();
    await this.#lookAtEverySession();
    // An unhandled rejection is reported after the microtasks.
    await new Promise((resolve) => setImmediate(resolve));
  }

  #party(request: PlannedRequest, name: string, firstId: string): Party {
    const { operation, process, isSentLater } = request;
    return async (turn) => {
      const seconds = SECONDS_OF[operation as keyof typeof SECONDS_OF];
      if (seconds) {
        await turn();
        this.#pass(seconds);
        return;
      }
      if (isSentLater) await turn();
      const id = isSentLater && operation !== "late request" ? [...this.#ids].at(-1)! : firstId;
      const actor = new Actor(name, request, this.#laneOf(turn), id);
      await this.#expectOldIdIsDead(await this.#request(process, actor));
    };
  }

  #pass(seconds: number): void {
    this.#clock.pass(seconds);
    this.#history.noteTime(seconds);
  }

  #laneOf(turn: Turn): Lane {
    return {
      turn,
      pause: () => new Promise<void>((resolve) => this.#postpone(resolve)),
      postpone: (step) => this.#postpone(step),
      beforeUpdate: (actor) => this.#model.inFlight.onUpdateCall(actor),
      nextFault: () => this.#faults.next(),
    };
  }

  #postpone(step: () => void): void {
    this.#schedule.add(async (turn) => {
      await turn();
      step();
    });
  }

  /** A request of the spec itself, which does not wait for a turn and meets no faults. */
  #check(name: string, operation: "start" | "look", id: string): Actor {
    const nothing = () => undefined;
    const atOnce = async () => {};
    const lane: Lane = {
      turn: atOnce,
      pause: atOnce,
      postpone: nothing,
      beforeUpdate: nothing,
      nextFault: nothing,
    };
    return new Actor(name, { operation, isAwaited: true }, lane, id);
  }

  async #request(process: 0 | 1, actor: Actor): Promise<Outcome> {
    this.#model.inFlight.onBegin(actor);
    const outcome = await (this.#sites[process] ??= new Site(this.#backend)).request(actor);
    this.#model.inFlight.onEnd(actor);
    if (this.#model.violation) throw this.#model.violation.error;
    expectPlausible(outcome, this.#model);
    if (outcome.id) {
      this.#ids.delete(outcome.id);
      this.#ids.add(outcome.id);
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
    const { actor } = await this.#request(0, this.#check("a look", "look", id));
    expectSame("the data under an ID", actor.answer!.seen, expected);
  }

  async #lookAtEverySession(): Promise<void> {
    expectNoLeftovers(this.#model, this.#backend.rows, [...this.#ids].map(keyOf));
    for (const id of this.#ids) {
      await this.#look(id, this.#model.entries.dataAt(keyOf(id)));
    }
  }
}
