import dns from "node:dns";
import { setTimeout as sleep } from "node:timers/promises";

/** A name that the process of an app resolves to loopback. */
export const HOST_NAME = "redis.example";

type Callback = (error: Error | null, ...results: unknown[]) => void;

const lookup = dns.lookup as (name: string, ...rest: unknown[]) => void;
const lookupPromise = dns.promises.lookup as (name: string, options: unknown) => Promise<unknown>;
let isFailing = false;

/** Whether the name server has stopped answering. Addresses still work. */
export function setNamesFail(fail: boolean): void {
  isFailing = fail;
}

dns.lookup = ((name: string, ...rest: unknown[]) => {
  if (name !== HOST_NAME) return lookup(name, ...rest);
  if (!isFailing) return lookup("127.0.0.1", ...rest);
  const callback = rest.at(-1) as Callback;
  setTimeout(() => callback(failureOf(name)), 5);
}) as typeof dns.lookup;

// node-redis looks the name up once more, when it asks for notices of maintenance.
dns.promises.lookup = (async (name: string, options: unknown) => {
  if (name !== HOST_NAME) return lookupPromise(name, options);
  if (!isFailing) return lookupPromise("127.0.0.1", options);
  await sleep(5);
  throw failureOf(name);
}) as typeof dns.promises.lookup;

function failureOf(hostname: string): Error {
  const error = new Error(`getaddrinfo EAI_AGAIN ${hostname}`);
  return Object.assign(error, { code: "EAI_AGAIN", syscall: "getaddrinfo", hostname });
}
