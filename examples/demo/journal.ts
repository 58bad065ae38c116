import type { RequestContext } from "@hattip/compose";
import type { RejectionReason, SessionEvent } from "@hattip/session";

export interface Entry {
  readonly time: Date;
  readonly request: Request;
  readonly event: SessionEvent;
}

const MAX_ENTRIES = 8;

/**
 * The last events of all visitors, newest first. It is safe to show them to everybody: events
 * contain neither IDs nor data.
 */
export class Journal {
  #entries: readonly Entry[] = [];

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  note(event: SessionEvent, { request }: RequestContext): void {
    const entry = { time: new Date(), request, event };
    this.#entries = [entry, ...this.#entries].slice(0, MAX_ENTRIES);
  }

  /** The reason why the server rejected the cookie of a request, or `null`. */
  refusalOf(request: Request): RejectionReason | null {
    const entry = this.#entries.find(
      ({ request: of, event }) => of === request && event.type === "fresh",
    );
    return entry?.event.type === "fresh" ? entry.event.reason : null;
  }
}
