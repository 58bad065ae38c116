import * as library from "@hattip/session";
import worker from "./worker.mjs";

/** Answers with the names of all exports, so that a bundler can leave none of them out. */
export default {
  fetch(request, env, ctx) {
    if (new URL(request.url).pathname === "/exports") return Response.json(Object.keys(library));
    return worker.fetch(request, env, ctx);
  },
};
