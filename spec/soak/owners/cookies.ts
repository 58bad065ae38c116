import type { AppServer } from "./app-server.js";
import type { Findings } from "./findings.js";
import type { SentResponse } from "./messages.js";
import { keyOfCookie } from "./names.js";
import { any } from "./random.js";

/** A cookie that the app has handed out. */
export class HeldCookie {
  readonly value: string;
  /** The cookie of the request that got it. */
  readonly parent: HeldCookie | undefined;
  /** Whether the session must not be the owner's when the call has resolved. */
  mustDie: boolean;

  constructor(value: string, parent: HeldCookie | undefined, mustDie: boolean) {
    this.value = value;
    this.parent = parent;
    this.mustDie = mustDie;
  }

  /** The keys of its record, and of those from which it has moved. */
  get keys(): string[] {
    return [keyOfCookie(this.value), ...(this.parent?.keys ?? [])];
  }
}

/** The clients of one round: they send requests to any of the processes, and keep every cookie. */
export class Cookies {
  readonly all: HeldCookie[] = [];
  /** Whether a request has failed: then it is not known what it has done. */
  hasFailures = false;
  readonly #servers: () => readonly AppServer[];
  readonly #findings: Findings;

  constructor(servers: () => readonly AppServer[], findings: Findings) {
    this.#servers = servers;
    this.#findings = findings;
  }

  async send(path: string, cookie?: HeldCookie): Promise<SentResponse> {
    const response = await any(this.#servers()).send(path, cookie?.value);
    this.#findings.requests++;
    const { status, error } = response;
    if (error !== undefined) this.#findings.addError(`${error} of ${path.split("?")[0]}`);
    if (status !== 200 && status !== 409) this.hasFailures = true;
    return response;
  }

  /**
   * Sends a request of a session.
   *
   * @param mustDie whether the session behind a new cookie must die, once the response is there
   */
  async visit(
    path: string,
    cookie?: HeldCookie,
    mustDie: (body: any) => boolean = () => cookie?.mustDie === true,
  ): Promise<{ body: any; cookie: HeldCookie | undefined }> {
    const response = await this.send(path, cookie);
    const { body } = response;
    if (!response.cookie) return { body, cookie };
    const known = this.all.find(({ value }) => value === response.cookie);
    if (known) return { body, cookie: known };
    const held = new HeldCookie(response.cookie, cookie, mustDie(body));
    this.all.push(held);
    return { body, cookie: held };
  }
}
