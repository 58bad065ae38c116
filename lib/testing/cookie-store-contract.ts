import type { CookieStore, Unsealed } from "../cookie/cookie-store.js";
import type { Awaitable } from "../platform/awaitable.js";
import { currentSecond, type SessionRecord } from "../record.js";
import type { FreshReason } from "../store.js";
import { Client, contextWith, scopeOf } from "./client.js";
import {
  assertSame,
  assertTrue,
  inParallel,
  specifierFor,
  show,
  type Specify,
  type TestRunner,
} from "./contract.js";
import { SealedCookies } from "./sealed-cookies.js";
import { JSON_SHAPES, LARGE_TEXTS, MALICIOUS_VALUES, tamperedWith } from "./samples.js";

/** What a store declares about itself. */
export interface CookieStoreContractOptions {
  /** Makes a store; all that one contract makes must have the same keys. */
  create(): Awaitable<CookieStore>;
  /**
   * Whether a client cannot write a value of its own. `false` for stores like
   * `UnsignedCookieStore`. Default: `true`.
   */
  sealed?: boolean;
  /** Whether a value is worthless under another cookie name. Default: as `sealed`. */
  bound?: boolean;
  /** Whether a client cannot read the value. Default: `false`. */
  encrypted?: boolean;
  /** Added to the `ctx` that the hooks get, such as `{ platform: { env } }`. */
  ctx?: object;
}

/** Runs a check on stores of its own. */
type WithCookies = (check: (cookies: SealedCookies) => Promise<void>) => () => Promise<void>;

/**
 * The contract of cookie stores, as specs of your test runner. Needs Node 18 or newer.
 *
 * @example
 * ```ts
 * import { cookieStoreContract } from "@hattip/session/testing";
 *
 * cookieStoreContract({ describe, it }, { create: () => new MyCookieStore(keys), encrypted: true });
 * ```
 */
export function cookieStoreContract(runner: TestRunner, options: CookieStoreContractOptions): void {
  const { sealed = true, bound = sealed, encrypted = false } = options;
  const specify = specifierFor(runner);
  const withCookies: WithCookies = (check) => async () =>
    check(
      new SealedCookies(
        await options.create(),
        await options.create(),
        scopeOf(contextWith(options.ctx)),
      ),
    );
  runner.describe("keeps the contract of cookie stores", () => {
    specifyRoundTrips(specify, withCookies);
    specifyNoThrow(specify, withCookies);
    if (sealed) specifySeal(specify, withCookies);
    if (bound) specifyBinding(specify, withCookies);
    if (encrypted) specifySecrecy(specify, withCookies);
    specify("A session lives from request to request, until it is destroyed.", async () =>
      visitThrice(new Client(await options.create(), options.ctx)),
    );
  });
}

/** RFC 6265, 4.1.1: cookie-octets, without the % that parsers of cookies decode. */
const COOKIE_SAFE = /^[!#$&-+\--:<-[\]-~]*$/;
const REASONS: readonly string[] = [
  "malformed",
  "tampered",
  "expired",
  "unknown",
  "unknown-key",
  "other-store",
  "invalid",
] satisfies FreshReason[];

function specifyRoundTrips(specify: Specify, withCookies: WithCookies): void {
  specify(
    "seal() writes characters that a cookie can hold as they are.",
    withCookies(async (cookies) => {
      for (const record of records()) {
        const value = await cookies.seal(record);
        const odd = Array.from(value).filter((character) => !COOKIE_SAFE.test(character));
        assertSame("What RFC 6265 does not allow in a value", odd.join(""), "");
        assertTrue(value !== "", "seal() wrote nothing.");
      }
    }),
  );
  specify(
    "unseal() gives back what was sealed, to the character and the second.",
    withCookies(async (cookies) => {
      for (const record of records())
        assertOpened(await cookies.unseal(await cookies.seal(record)), record);
    }),
  );
  specify(
    "What another process has sealed with the same keys opens.",
    withCookies(async (cookies) => {
      const record = recordWith("{}");
      assertOpened(await cookies.unseal(await cookies.sealElsewhere(record)), record);
    }),
  );
  specify(
    "What was sealed just now is not outdated.",
    withCookies(async (cookies) => {
      const opened = await cookies.unseal(await cookies.seal(recordWith("{}")));
      const outdated = typeof opened === "object" && opened.outdated === true;
      assertSame("outdated", outdated, false);
    }),
  );
  specify(
    "Records that are sealed and unsealed at the same time do not mix.",
    withCookies(async (cookies) => {
      await inParallel(RIVALS, async (rival) => {
        const record = recordWith(JSON.stringify({ rival, fill: "x".repeat(rival * 10) }));
        assertOpened(await cookies.unseal(await cookies.seal(record)), record);
      });
    }),
  );
  specify(
    "A value that has expired is no session.",
    withCookies(async (cookies) => {
      const now = currentSecond();
      const value = await cookies.seal({ text: "{}", created: now - 20, expires: now - 10 });
      const answer = await cookies.load(value);
      assertTrue(typeof answer === "string", "load() found a session.");
    }),
  );
}

function specifyNoThrow(specify: Specify, withCookies: WithCookies): void {
  specify(
    "unseal() answers with a reason whatever a client sends, and never throws.",
    withCookies(async (cookies) => {
      const value = await cookies.seal(recordWith('{"a":"b"}'));
      for (const input of [...MALICIOUS_VALUES, ...tamperedWith(value)]) {
        const answer = await cookies.unseal(input);
        if (typeof answer === "string") {
          assertTrue(
            REASONS.includes(answer),
            `unseal() answered ${show(answer)}, which is no reason.`,
          );
          continue;
        }
        const { text, created, expires } = answer ?? {};
        const isRecord =
          typeof text === "string" && typeof created === "number" && typeof expires === "number";
        assertTrue(
          isRecord,
          `unseal() answered ${show(answer)} for ${show(input)}, which is no record.`,
        );
      }
    }),
  );
}

function specifySeal(specify: Specify, withCookies: WithCookies): void {
  specify(
    "Nothing that a client makes up opens.",
    withCookies(async (cookies) => {
      for (const input of MALICIOUS_VALUES) await assertRefused(cookies, input);
    }),
  );
  specify(
    "Any change of the value, be it of one character, is refused.",
    withCookies(async (cookies) => {
      const value = await cookies.seal(recordWith('{"user":"u"}'));
      for (const input of tamperedWith(value)) await assertRefused(cookies, input);
    }),
  );
}

function specifyBinding(specify: Specify, withCookies: WithCookies): void {
  specify(
    "A value sealed for one cookie name is refused under any other.",
    withCookies(async (cookies) => {
      const names = ["a", "b", "ab", "A", "a.", "session", "session1"];
      for (const name of names) {
        const record = recordWith("{}");
        const value = await cookies.seal(record, name);
        assertOpened(await cookies.unseal(value, name), record);
        for (const other of names) {
          if (other === name) continue;
          const answer = await cookies.unseal(value, other);
          const seen = `What was sealed for the name ${name} opened under ${other}.`;
          assertTrue(typeof answer === "string", seen);
        }
      }
    }),
  );
}

function specifySecrecy(specify: Specify, withCookies: WithCookies): void {
  specify(
    "A client cannot read the value, and equal records have different values.",
    withCookies(async (cookies) => {
      const secret = "correct horse battery staple";
      const record = recordWith(JSON.stringify({ secret }));
      const value = await cookies.seal(record);
      for (const reading of readingsOf(value)) {
        assertTrue(!reading.includes(secret), "The value holds the data as they are.");
      }
      assertTrue(value !== (await cookies.seal(record)), "Two equal records have the same value.");
    }),
  );
}

const RIVALS = 20;

/** The value as it is, and as base64 and hexadecimal digits, from every offset. */
function readingsOf(value: string): string[] {
  const readings = [value];
  for (let offset = 0; offset < 4; offset++) {
    const base64 = value
      .slice(offset)
      .replace(/-/g, "+")
      .replace(/_/g, "/")
      .replace(/[^\w+/]/g, "");
    readings.push(atob(base64.slice(0, base64.length - (base64.length % 4))));
    const digits = value.slice(offset).match(/[\da-f]{2}/gi) ?? [];
    readings.push(String.fromCharCode(...digits.map((pair) => Number.parseInt(pair, 16))));
  }
  return readings;
}

async function assertRefused(cookies: SealedCookies, input: string): Promise<void> {
  const answer = await cookies.unseal(input);
  assertTrue(typeof answer === "string", `The value ${show(input)} opened.`);
}

function assertOpened(opened: Unsealed | FreshReason, sealed: SessionRecord): void {
  if (typeof opened === "string") throw new Error(`unseal() answered ${opened}.`);
  for (const part of ["text", "created", "expires"] as const) {
    assertSame(part, opened[part], sealed[part]);
  }
}

function recordWith(text: string): SessionRecord {
  const created = currentSecond();
  return { text, created, expires: created + 3600 };
}

function* records(): Generator<SessionRecord> {
  for (const shape of JSON_SHAPES) yield recordWith(JSON.stringify(shape));
  for (const text of LARGE_TEXTS) yield recordWith(text);
  const { text, created, expires } = recordWith("{}");
  yield { text, created: created - 12_345, expires };
  yield { text, created, expires: expires + 1_234_567 };
}

async function visitThrice(client: Client): Promise<void> {
  const seen: unknown[] = [];
  for (let visit = 1; visit <= 3; visit++) {
    await client.visit(({ data }) => seen.push((data["visits"] = (data["visits"] ?? 0) + 1)));
  }
  assertSame("The count of visits", seen.join(), "1,2,3");
  await client.visit((session) => session.destroy());
  assertSame("What the client holds after destroy()", client.value, null);
}
