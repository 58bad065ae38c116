import { existsSync } from "node:fs";
import { chromium, type Browser as Chromium } from "playwright-core";

/** What Debian's packages install. The first one cannot open windows, and takes half the time. */
const PROGRAMS = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"];

/** Debian's Chromium, headless, or the program that `CHROMIUM` names. */
export async function launchChromium(): Promise<Chromium> {
  const { CHROMIUM } = process.env;
  const executablePath = (CHROMIUM ? [CHROMIUM] : PROGRAMS).find(existsSync);
  if (executablePath === undefined) {
    throw new Error(
      `Cannot run ${CHROMIUM || "Chromium"}: apt-get install chromium-headless-shell`,
    );
  }
  return chromium.launch({
    executablePath,
    args: [
      // Chromium's sandbox does not start as root, and containers run as root. The specs visit only
      // loopback addresses.
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      // With this feature Chromium makes a new frame for each page, which takes a third of the time.
      "--disable-features=RenderDocument",
    ],
  });
}
