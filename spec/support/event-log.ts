import type { SessionEvent } from "../../lib/index.js";

type Failure = Extract<SessionEvent, { type: "store-failed" }>;
/** An event without the circumstances of a failure, which one spec checks for all. */
export type LoggedEvent = Exclude<SessionEvent, Failure> | Pick<Failure, "type" | "code">;

/** Keeps the events that `onEvent` receives, in order. Most specs compare only their `types`. */
export class EventLog {
  readonly events: LoggedEvent[] = [];
  readonly failures: Failure[] = [];

  readonly onEvent = (event: SessionEvent): void => {
    if (event.type === "store-failed") {
      this.failures.push(event);
      this.events.push({ type: event.type, code: event.code });
    } else {
      this.events.push(event);
    }
  };

  get types(): string[] {
    return this.events.map((event) => event.type);
  }

  clear(): void {
    this.events.length = 0;
    this.failures.length = 0;
  }
}
