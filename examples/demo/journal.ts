import type { RequestContext } from "@hattip/compose";
import type { RejectionReason, SessionEvent } from "@hattip/session";

export interface Entry {
  readonly time: Date;
  readonly request: Request;
  readonly event: SessionEvent;
}

const MAX_ENTRIES = 8;

/** The end of the path at which a thief looks at the app. */
export const AS_THIEF = "/as-thief";

export function isOfThief({ request }: Entry): boolean {
  return request.url.endsWith(AS_THIEF);
}

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
    // The thief looks anew for each page: all these looks would leave no room for other events.
    const earlier = isOfThief(entry)
      ? this.#entries.filter((other) => !isOfThief(other))
      : this.#entries;
    this.#entries = [entry, ...earlier].slice(0, MAX_ENTRIES);
  }

  /** The reason why the server rejected the cookie of a request, or `null`. */
  refusalOf(request: Request): RejectionReason | null {
    const entry = this.#entries.find(
      ({ request: of, event }) => of === request && event.type === "fresh",
    );
    return entry?.event.type === "fresh" ? entry.event.reason : null;
  }
}
