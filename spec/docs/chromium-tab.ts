import type { Browser as Chromium, Page } from "playwright-core";

export interface Visits {
  /** What the server answered. */
  readonly answers: string;
  /** Why Chromium refused a cookie, or did not send one. */
  readonly reasons: string;
}

/** The session was kept. */
export const KEPT: Visits = { answers: "Visit 1, Visit 2", reasons: "" };
const RESTRICTED = {
  enableThirdPartyCookieRestriction: true,
  disableThirdPartyCookieMetadata: true,
  disableThirdPartyCookieHeuristics: true,
};

/**
 * Does something in a new tab, and says which cookies Chromium has refused meanwhile.
 *
 * @param act - Returns what the server answered.
 * @param isRestricted - Whether third-party cookies are blocked for certain. By default, that depends
 * on the program.
 */
export async function inTab(
  chromium: Chromium,
  act: (tab: Page) => Promise<string[]>,
  isRestricted = false,
): Promise<Visits> {
  const context = await chromium.newContext();
  try {
    const tab = await context.newPage();
    const protocol = await context.newCDPSession(tab);
    await protocol.send("Network.enable");
    if (isRestricted) {
      await protocol.send("Network.setCookieControls" as "Network.enable", RESTRICTED as object);
    }
    const reasons = new Set<string>();
    protocol.on("Network.responseReceivedExtraInfo", ({ blockedCookies }) => {
      for (const { blockedReasons } of blockedCookies) reasons.add(blockedReasons.join());
    });
    protocol.on("Network.requestWillBeSentExtraInfo", ({ associatedCookies }) => {
      for (const { blockedReasons } of associatedCookies) reasons.add(blockedReasons.join());
    });
    const answers = await act(tab);
    reasons.delete("");
    return { answers: answers.join(", "), reasons: [...reasons].join() };
  } finally {
    await context.close();
  }
}
