import type { SessionEvent } from "../../lib/index.js";

/** Keeps the events that `onEvent` receives, in order. Most specs compare only their `types`. */
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
