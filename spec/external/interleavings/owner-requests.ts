import type { RequestContext } from "@hattip/compose";
import type { Actor } from "./actor.js";
import { EndAll, EndOne } from "./end-calls.js";
import { List } from "./list-call.js";
import type { Owners } from "./owners.js";
import { keyWithId, publicIdOf } from "./records.js";

/** Lists or ends sessions, as the operation says, and checks the result. */
export async function callForOwner(actor: Actor, ctx: RequestContext): Promise<void> {
  const { operation, target } = actor;
  const { owners } = actor.store!;
  if (operation.startsWith("list")) await list(actor, owners, ctx);
  else if (operation === "end ada's session") await endOne(actor, owners, "ada", target, ctx);
  else if (operation === "end bob's session") await endOne(actor, owners, "bob", target, ctx);
  else await endAll(actor, owners, operation.includes("other"), ctx);
}

async function list(actor: Actor, owners: Owners, ctx: RequestContext): Promise<void> {
  const call = (actor.call = owners.begin(new List("ada", owners.alive)));
  const sessions = await actor.store!.sessionsOf("ada", { ctx });
  call.resolve(owners.alive);
  call.expectResult(sessions);
}

async function endOne(
  actor: Actor,
  owners: Owners,
  owner: string,
  key: string,
  ctx: RequestContext,
): Promise<void> {
  const call = (actor.call = owners.begin(
    new EndOne(owner, owners.sessionBehind(key), owners.alive),
  ));
  const hasEnded = await actor.store!.endSession(publicIdOf(key), { owner, ctx });
  call.resolve(owners.alive);
  call.expectResult(hasEnded);
}

async function endAll(
  actor: Actor,
  owners: Owners,
  sparesOwn: boolean,
  ctx: RequestContext,
): Promise<void> {
  const except = sparesOwn ? ctx.session : undefined;
  const spared = except?.id === undefined ? undefined : keyWithId(except.id);
  const call = (actor.call = owners.begin(new EndAll("ada", spared, owners.alive)));
  const count = await actor.store!.endSessionsOf("ada", { except, ctx });
  call.resolve(owners.alive);
  call.expectResult(count);
}
