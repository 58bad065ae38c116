import { bundle } from "./bundle.mjs";
import { readAnswer, requestInit } from "./http-sender.mjs";

export async function startEdgeVm(folder) {
  const { EdgeVM } = await import("@edge-runtime/vm");
  const initialCode = await bundle(folder, "edge.mjs", "iife", ["edge-light", "worker", "browser"]);
  const vm = new EdgeVM({ initialCode });
  return {
    send: async (path, token) =>
      readAnswer(await vm.dispatchFetch(`https://example.com${path}`, requestInit(token))),
    stop() {},
  };
}
