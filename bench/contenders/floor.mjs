import { randomBytes } from "node:crypto";
import { createClient } from "redis";
import { hattipExchange, hattipHandler, setCookiesOf } from "../drivers/fetch.mjs";
import { writeCookie } from "../floor/cookie-header.mjs";
import { encryptedFloor } from "../floor/encrypted.mjs";
import { memoryFloor } from "../floor/memory.mjs";
import { redisFloor } from "../floor/redis.mjs";
import { signedFloor } from "../floor/signed.mjs";
import { unsignedFloor } from "../floor/unsigned.mjs";
import { nextVisit } from "../workload.mjs";

export const title = "handwritten floor";
export const packages = [];
export const kinds = ["signed", "encrypted", "unsigned", "memory", "redis"];
export const lacks = {
  signed: "rna",
  encrypted: "rna",
  unsigned: "ea",
  memory: "hca",
  redis: "hca",
};

export async function open(kind, { redisUrl }) {
  if (kind === "signed") return cookieFloor(signedFloor(randomBytes(32)));
  if (kind === "encrypted") return cookieFloor(encryptedFloor(randomBytes(32)));
  if (kind === "unsigned") return cookieFloor(unsignedFloor);
  if (kind === "memory") return recordFloor(memoryFloor());
  const client = createClient({ url: redisUrl });
  await client.connect();
  return { ...recordFloor(redisFloor(client)), close: () => client.destroy() };
}

/** The handler saves a change explicitly, as handwritten code does. */
const actions = {
  seed: (session, values) => session.save(values),
  read: (session) => session.data.visits,
  write: (session) => session.save({ ...session.data, visits: nextVisit(session.data.visits) }),
  dump: (session) => ({ ...session.data }),
};

function cookieFloor(codec) {
  return floor(async (ctx) => {
    const value = ctx.cookie.session;
    const save = (data) => writeCookie(ctx.response, codec.seal(data));
    ctx.session = { data: (value && codec.open(value)) ?? {}, save };
    return ctx.next();
  });
}

function recordFloor({ read, write }) {
  return floor(async (ctx) => {
    let id = ctx.cookie.session;
    const data = id && (await read(id));
    const save = (changed) => {
      if (!data) writeCookie(ctx.response, (id = randomBytes(32).toString("base64url")));
      return write(id, changed);
    };
    ctx.session = { data: data ?? {}, save };
    return ctx.next();
  });
}

function floor(middleware) {
  return { actions, exchange: hattipExchange, setCookiesOf, handle: hattipHandler(middleware) };
}
