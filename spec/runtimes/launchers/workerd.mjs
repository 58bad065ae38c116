import { bundle } from "./bundle.mjs";
import { httpSender } from "./http-sender.mjs";

export async function startWorkerd(folder, compatibilityFlags) {
  const { Miniflare } = await import("miniflare");
  const contents = await bundle(folder, "worker.mjs", "esm", ["workerd", "worker", "browser"]);
  const server = new Miniflare({
    host: "127.0.0.1",
    port: 0,
    compatibilityDate: "2025-07-01",
    compatibilityFlags,
    // A list, because Miniflare rejects a single script that has a non-literal import().
    modules: [{ type: "ESModule", path: "worker.mjs", contents }],
  });
  const url = await server.ready;
  return { send: httpSender(url.origin), stop: () => server.dispose() };
}
