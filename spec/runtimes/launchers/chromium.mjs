import { launchChromium } from "../../support/chromium.js";
import { servePage } from "./page-server.mjs";

export async function startChromium(folder) {
  const pages = await servePage(folder, "page.mjs");
  try {
    const browser = await launchChromium();
    const stop = async () => {
      await browser.close();
      pages.close();
    };
    const page = await browser.newPage();
    const failed = new Promise((_, reject) => page.on("pageerror", reject));
    await page.goto(pages.origin);
    failed.catch(() => {}); // only Promise.race() handles the rejection
    await Promise.race([page.waitForFunction(() => "send" in globalThis), failed]);
    const send = (path, token) => page.evaluate((args) => globalThis.send(...args), [path, token]);
    return { send, stop };
  } catch (error) {
    pages.close();
    throw error;
  }
}
