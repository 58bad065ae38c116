import type { DurableObjectNamespace, DurableObjectStub } from "@cloudflare/workers-types";
import type { ExternalStoreOptions } from "@hattip/session";
import { DurableObjectSessionStore, SessionObject } from "../../examples/durable-object-store.js";
import { externalStoreContract } from "../../lib/testing.js";
import { Client } from "../../lib/testing/client.js";
import { reportOf } from "../support/worker-runner.js";

/** An object that the specs can look into, and hold up. */
class TestedObject extends SessionObject {
  async state(): Promise<{ names: string[]; alarm: number | null }> {
    const { storage } = this.ctx;
    return { names: [...(await storage.list()).keys()], alarm: await storage.getAlarm() };
  }

  /** Lets in no other call for so long. */
  async block(milliseconds: number): Promise<void> {
    await this.ctx.blockConcurrencyWhile(
      () => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    );
  }
}

/** An object that fails at every call. */
export class BrokenObject extends SessionObject {
  constructor(...args: ConstructorParameters<typeof SessionObject>) {
    super(...args);
    throw new Error("The object is broken.");
  }
}

export { TestedObject as SessionObject };

type Stub = DurableObjectStub<TestedObject>;

interface Env {
  SESSIONS: DurableObjectNamespace<TestedObject>;
  BROKEN: DurableObjectNamespace<BrokenObject>;
}

function newStore(options: ExternalStoreOptions): DurableObjectSessionStore {
  return new DurableObjectSessionStore({
    getNamespace: (ctx) => ctx.platform.env.SESSIONS,
    ...options,
  });
}

function brokenStore(options: ExternalStoreOptions): DurableObjectSessionStore {
  return new DurableObjectSessionStore({
    getNamespace: (ctx) => ctx.platform.env.BROKEN,
    ...options,
  });
}

export default {
  async fetch({ url }: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(url);
    const ctx = { platform: { env } };
    const objectOf = (name: string): Stub => env.SESSIONS.get(env.SESSIONS.idFromName(name));
    if (pathname === "/contract") {
      const specs = reportOf((runner) =>
        externalStoreContract(runner, { create: newStore, broken: brokenStore, ctx }),
      );
      return Response.json(await specs);
    }
    if (pathname === "/late-update") return Response.json(await updateLate(ctx, objectOf));
    // Calls a method of an object.
    const object: any = objectOf(searchParams.get("name")!);
    const answer = await object[pathname.slice(1)](...JSON.parse(searchParams.get("args")!));
    return Response.json(answer ?? null);
  },
};

/** A request whose object is held up until the store's timeout is over. */
async function updateLate(
  ctx: object,
  objectOf: (name: string) => Stub,
): Promise<{ code: unknown; record: string | null }> {
  const client = new Client(newStore({ timeout: 1 }), ctx);
  await client.visit(({ data }) => (data["count"] = 1));
  let object: Stub;
  let blocked: Promise<void>;
  const code = await client
    .visit(({ id, data }) => {
      object = objectOf(`session:${id}`);
      blocked = object.block(1500);
      data["count"] = 2;
    })
    .then(
      () => null,
      (error: { code?: unknown }) => error.code,
    );
  await blocked!;
  return { code, record: await object!.read() };
}
