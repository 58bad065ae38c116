import type { Browser } from "../../support/browser.js";
import type { Seen } from "./app-under-load.js";
import type { RequestKind } from "./figures.js";

/** Sends one request of a visitor. `undefined` if the request failed. */
export type Send = (
  browser: Browser,
  kind: RequestKind,
  path: string,
  cookie?: string,
) => Promise<Seen | undefined>;

/** What all visitors have noticed. */
export class Findings {
  missing = 0;
  foreign = 0;
  revived = 0;

  /** Whether the response tells of the session with this marker, of none, or of another one. */
  whose(marker: string, seen: Seen): "own" | "none" | "foreign" {
    if (seen.marker === marker) return "own";
    if (!seen.marker) return "none";
    this.foreign++;
    return "foreign";
  }
}
