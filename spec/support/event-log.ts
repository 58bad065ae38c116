import type { SessionEvent } from "../../lib/index.js";

/** What `onEvent` was told, in order; `types` is the short form that most specs compare. */
export class EventLog {
  readonly events: SessionEvent[] = [];

  readonly onEvent = (event: SessionEvent): void => {
    this.events.push(event);
  };

  get types(): string[] {
    return this.events.map((event) => event.type);
  }

  clear(): void {
    this.events.length = 0;
  }
}
