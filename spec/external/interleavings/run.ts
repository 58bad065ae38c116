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

const IDLE_TIMEOUT_SECONDS = 1000;

/** A request and its result. */
interface Outcome {
  readonly actor: Actor & { readonly log: EventLog };
  readonly answer: Answer;
  /**
   * The cookie value in the response: an ID, or `""` if the response clears the cookie, or
   * `undefined` if it has no Set-Cookie header.
   */
  readonly id: string | undefined;
}

/**
 * Runs concurrent requests of one session in one order of their steps, and checks each response.
 */
export class Run {
  readonly #clock: Clock;
  readonly #model = new Model();
  readonly #store: ScheduledStore;
  readonly #app: App;
  /** The ID that the requests send. */
  #id = "";
  /** The keys of the records, by the IDs that clients have received. */
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
        idleTimeout: IDLE_TIMEOUT_SECONDS,
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
    const { id } = await this.#request("log in", "login", immediately);
    this.#id = id!;
    this.#noteKeyOf(id!);
    // From now on a renewal is due for every request that reads the session.
    this.#clock.pass(10);
  }

  #party(operation: Operation, name: string): Party {
    return async (turn) => {
      if (operation === "let expire") {
        await turn();
        this.#clock.pass(IDLE_TIMEOUT_SECONDS - 10);
        return;
      }
      const outcome = await this.#request(operation, name, turn);
      if (outcome.answer === null) this.#expectNoSession(outcome);
      else if (operation === "destroy") await this.#expectDestroyed(outcome);
      else if (isRefused(outcome)) this.#expectRefused(outcome);
      else await this.#expectDone(outcome);
    };
  }

  /** The session had ended before the request read it, or before the reply to the read arrived. */
  #expectNoSession({ actor, id }: Outcome): void {
    expect(actor.loaded === null || isLate(actor), "the request found no session").to.equal(true);
    expect(actor.log.types).to.deep.equal(["fresh"]);
    expect(id).to.equal(undefined);
  }

  /** The session has ended. Its change was dropped, and the response has no Set-Cookie header. */
  #expectRefused({ actor, answer, id }: Outcome): void {
    expect(answer!.seen).to.deep.equal(actor.loaded);
    const isOver = this.#model.dataOf(this.#keys.get(this.#id)!) === null;
    if (!isOver) expect(actor.replaced, "no replaced record").to.equal(undefined);
    expect(isOver || isLate(actor), "the session has ended").to.equal(true);
    expect(id).to.equal(undefined);
  }

  /** The old ID is not valid any more, no matter which request ended the session. */
  async #expectDestroyed({ actor, answer, id }: Outcome): Promise<void> {
    expect(answer!.seen).to.deep.equal(actor.loaded);
    expect(actor.log.types).to.deep.equal(["destroyed"]);
    expect(id).to.equal("");
    await this.#look(this.#id, null);
  }

  async #expectDone({ actor, answer, id }: Outcome): Promise<void> {
    expect(answer!.seen).to.deep.equal(actor.loaded);
    expect(actor.hasCommitted || actor.hasMetItsEffect, "the operation took effect").to.equal(true);
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
    expect([...this.#keys.values()], "the keys whose IDs clients hold").to.include.members(
      this.#model.keys,
    );
    for (const [id, key] of this.#keys) await this.#look(id, this.#model.dataOf(key));
  }

  async #look(id: string, expected: unknown): Promise<void> {
    const { answer } = await this.#request("look", "a look", immediately, id);
    expect(answer?.seen ?? null, "the data under the ID").to.deep.equal(expected);
  }

  /** Remembers the key of an ID that a client has just received: the only key that is alive. */
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
    // The model throws inside a hook, so that its error is the cause of a store error.
    if (error) throw error.cause ?? error;
    return {
      actor,
      answer: (await response.json()) as Answer,
      id: setCookies(response).map(({ value }) => value)[0],
    };
  }
}

/**
 * Whether the record that the request read expired before the reply arrived. It makes no difference
 * whether another request has renewed the session since.
 */
function isLate({ readUntil }: Actor): boolean {
  return readUntil! <= currentSecond();
}

const immediately: Turn = async () => {};

function isRefused({ actor, answer }: Outcome): boolean {
  // An update() that was committed stays, even if the renewal after it came too late.
  return actor.operation === "update" ? answer!.isRefused : actor.log.types.includes("gone");
}
