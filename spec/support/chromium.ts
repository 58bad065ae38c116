import { accessSync } from "node:fs";
import { chromium, type Browser as Chromium } from "playwright-core";

const EXECUTABLE = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** Debian's Chromium, headless. */
export async function launchChromium(): Promise<Chromium> {
  try {
    accessSync(EXECUTABLE);
  } catch (cause) {
    throw new Error(`Cannot run ${EXECUTABLE}: apt-get install chromium`, { cause });
  }
  return chromium.launch({
    executablePath: EXECUTABLE,
    // Chromium's sandbox does not start as root, and containers run as root. The specs visit only
    // loopback addresses.
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
}
