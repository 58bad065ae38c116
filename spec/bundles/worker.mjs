import { Miniflare } from "miniflare";
import { httpSender } from "../runtimes/launchers/http-sender.mjs";

/** Runs a bundle in workerd, and calls `use` with a function that sends requests to it. */
export async function inWorkerd(script, compatibilityFlags, use) {
  const server = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    compatibilityDate: "2025-07-01",
    compatibilityFlags,
    modules: true,
    script,
  });
  try {
    const url = await server.ready;
    return await use(httpSender(url.origin));
  } finally {
    await server.dispose();
  }
}
