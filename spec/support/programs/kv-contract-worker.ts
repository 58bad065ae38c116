import { KvSessionStore, type KvNamespace } from "../../../lib/index.js";
import { externalStoreContract } from "../../../lib/testing.js";
import { reportOf } from "../worker-runner.js";

/** Answers every request with the report of the contract. */
export default {
  async fetch(_request: Request, env: { SESSIONS: KvNamespace }): Promise<Response> {
    const report = await reportOf((runner) =>
      externalStoreContract(runner, {
        create: (options) => new KvSessionStore({ getStore: () => env.SESSIONS, ...options }),
        compares: false,
        minTtl: 60,
      }),
    );
    return Response.json(report);
  },
};
