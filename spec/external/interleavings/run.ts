import { expect } from "chai";
import { app, type App } from "../../support/app.js";
import { Browser } from "../../support/browser.js";
import type { Clock } from "../../support/clock.js";
import { EventLog } from "../../support/event-log.js";
import { setCookies } from "../../support/set-cookie.js";
import { currentSecond, Model, type Actor } from "./model.js";
import { handle, type Answer, type Operation } from "./operations.js";
import { interleave, type Choose, type Party, type Turn } from "./schedule.js";
import { ScheduledStore } from "./scheduled-store.js";

/** Seconds. */
const IDLE_TIMEOUT = 1000;

/** What a request does and what came of it. */
interface Outcome {
  readonly actor: Actor & { readonly log: EventLog };
  readonly answer: Answer;
  /**
   * What the response sets the cookie to: an ID, `""` for nothing any more;
   * `undefined` when it doesn't.
   */
  readonly id: string | undefined;
}

/**
 * One session, some requests at once, one order of their steps: and what
 * each response must be like.
 */
export class Run {
  readonly #clock: Clock;
  readonly #model = new Model();
  readonly #store: ScheduledStore;
  readonly #app: App;
  /** The ID that the requests send. */
  #id = "";
  /** The keys of the records, by the IDs that have been handed out. */
  readonly #keys = new Map<string, string>();

  static async of(operations: Operation[], choose: Choose, clock: Clock): Promise<void> {
    const run = new Run(clock, operations.includes("let expire"));
    await run.#logIn();
    const parties = operations.map((operation, i) => run.#party(operation, `request ${i + 1}`));
    await interleave(parties, choose);
    await run.#lookAtEverySession();
  }

  private constructor(clock: Clock, timePasses: boolean) {
    this.#clock = clock;
    this.#store = new ScheduledStore(this.#model, timePasses);
    this.#app = app(
      {
        store: this.#store,
        defaultSessionData: {},
        idleTimeout: IDLE_TIMEOUT,
        renewAfter: 1,
        onEvent: (event, { platform }) => (platform as Outcome["actor"]).log.onEvent(event),
      },
      {
        "/": (ctx) => {
          const { operation, name } = ctx.platform as Actor;
          return handle(ctx, operation, name);
        },
      },
    );
  }

  async #logIn(): Promise<void> {
    const { id } = await this.#request("log in", "login", atOnce);
    this.#id = id!;
    this.#noteKeyOf(id!);
    // Whoever looks at the session from now on is due to renew it.
    this.#clock.pass(10);
  }

  #party(operation: Operation, name: string): Party {
    return async (turn) => {
      if (operation === "let expire") {
        await turn();
        this.#clock.pass(IDLE_TIMEOUT - 10);
        return;
      }
      const outcome = await this.#request(operation, name, turn);
      if (outcome.answer === null) this.#expectNoSession(outcome);
      else if (operation === "destroy") await this.#expectDestroyed(outcome);
      else if (isRefused(outcome)) this.#expectRefused(outcome);
      else await this.#expectDone(outcome);
    };
  }

  /** It came when there was no session any more, or the answer to its read came too late. */
  #expectNoSession({ actor, id }: Outcome): void {
    expect(actor.loaded === null || isLate(actor), "there was no session").to.equal(true);
    expect(actor.log.types).to.deep.equal(["fresh"]);
    expect(id).to.equal(undefined);
  }

  /** The session is over, and its change with it; the response neither sets nor clears a cookie. */
  #expectRefused({ actor, answer, id }: Outcome): void {
    expect(answer!.seen).to.deep.equal(actor.loaded);
    const isOver = this.#model.dataOf(this.#keys.get(this.#id)!) === null;
    if (!isOver) expect(actor.replaced, "what it wrote").to.equal(undefined);
    expect(isOver || isLate(actor), "the session is over").to.equal(true);
    expect(id).to.equal(undefined);
  }

  /** The old ID is dead, whoever has seen to it. */
  async #expectDestroyed({ actor, answer, id }: Outcome): Promise<void> {
    expect(answer!.seen).to.deep.equal(actor.loaded);
    expect(actor.log.types).to.deep.equal(["destroyed"]);
    expect(id).to.equal("");
    await this.#look(this.#id, null);
  }

  async #expectDone({ actor, answer, id }: Outcome): Promise<void> {
    expect(answer!.seen).to.deep.equal(actor.loaded);
    expect(actor.hasCommitted || actor.hasMetItsEffect, "it took effect").to.equal(true);
    if (actor.operation !== "regenerate") {
      expect(id).to.be.oneOf([undefined, this.#id]);
      return;
    }
    expect(actor.log.types).to.include("regenerated");
    this.#noteKeyOf(id!);
    await this.#look(this.#id, null);
  }

  async #lookAtEverySession(): Promise<void> {
    this.#model.expectNothingElseIn(this.#store.rows);
    expect([...this.#keys.values()], "who can be reached").to.include.members(this.#model.keys);
    for (const [id, key] of this.#keys) await this.#look(id, this.#model.dataOf(key));
  }

  async #look(id: string, expected: unknown): Promise<void> {
    const { answer } = await this.#request("look", "a look", atOnce, id);
    expect(answer?.seen ?? null, "what is behind the ID").to.deep.equal(expected);
  }

  /** A new ID has been handed out: its record is the one that is alive. */
  #noteKeyOf(id: string): void {
    const [key, ...others] = this.#model.keys;
    expect(others, "at most one ID is alive").to.deep.equal([]);
    if (key !== undefined) this.#keys.set(id, key);
  }

  async #request(operation: Operation, name: string, turn: Turn, id = this.#id): Promise<Outcome> {
    const actor = {
      ...{ operation, name, turn, log: new EventLog() },
      ...{ hasCommitted: false, hasMetItsEffect: false },
    };
    const browser = new Browser(this.#app, { platform: actor });
    const response = await browser.get("/", { cookie: id === "" ? "" : `session=${id}` });
    const [error] = this.#app.errors as Error[];
    // The model's objections come as the failure of a hook.
    if (error) throw error.cause ?? error;
    return {
      actor,
      answer: (await response.json()) as Answer,
      id: setCookies(response).map(({ value }) => value)[0],
    };
  }
}

/**
 * Whether what it read expired before the answer came, whatever another request
 * may have done to prolong it.
 */
function isLate({ readUntil }: Actor): boolean {
  return readUntil! <= currentSecond();
}

const atOnce: Turn = async () => {};

function isRefused({ actor, answer }: Outcome): boolean {
  // An update() that was committed stays, even if the renewal after it came too late.
  return actor.operation === "update" ? answer!.isRefused : actor.log.types.includes("gone");
}
