// Names a device, for a list of a user's sessions.

/** The first that matches counts: Edge also calls itself Chrome, and Chrome calls itself Safari. */
const BROWSERS = {
  Edge: /Edg/,
  Opera: /OPR/,
  Firefox: /Firefox|FxiOS/,
  Chrome: /Chrom|CriOS/,
  Safari: /Safari/,
};
const SYSTEMS = {
  iPhone: /iPhone/,
  iPad: /iPad/,
  Android: /Android/,
  Windows: /Windows/,
  Mac: /Mac OS/,
  ChromeOS: /CrOS/,
  Linux: /Linux/,
};

/**
 * For example "Firefox on Windows", from the User-Agent header. The client can send anything there, so
 * this returns only words of its own, and never a part of the header.
 */
export function deviceName(userAgent: string | null): string {
  const browser = firstIn(BROWSERS, userAgent) ?? "Unknown browser";
  const system = firstIn(SYSTEMS, userAgent);
  return system ? `${browser} on ${system}` : browser;
}

function firstIn(names: Record<string, RegExp>, userAgent: string | null): string | undefined {
  return Object.keys(names).find((name) => names[name]!.test(userAgent ?? ""));
}
