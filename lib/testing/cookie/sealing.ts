import type { RejectionReason } from "../../records/store.js";
import { assertTrue, show } from "../assertions.js";
import type { Specify } from "../test-runner.js";
import { MALICIOUS_VALUES, tamperedWith } from "./malicious-values.js";
import { assertOpened, recordWith } from "./records.js";
import type { SealedCookies, WithCookies } from "./sealed-cookies.js";

const REASONS: readonly string[] = [
  "malformed",
  "tampered",
  "expired",
  "unknown",
  "unknown-key",
  "other-store",
  "invalid",
] satisfies RejectionReason[];

/** For all cookie stores, sealed or not. */
export function specifyAnyInput(specify: Specify, withCookies: WithCookies): void {
  specify(
    "unseal() never throws: for every input it returns a record or a rejection reason.",
    withCookies(async (cookies) => {
      const value = await cookies.seal(recordWith('{"a":"b"}'));
      for (const input of [...MALICIOUS_VALUES, ...tamperedWith(value)]) {
        const answer = await cookies.unseal(input);
        const seen = `unseal() returned ${show(answer)} for ${show(input)}`;
        if (typeof answer === "string") {
          assertTrue(REASONS.includes(answer), `${seen}, which is not a rejection reason.`);
          continue;
        }
        const { text, created, expires } = answer ?? {};
        const isRecord =
          typeof text === "string" && typeof created === "number" && typeof expires === "number";
        assertTrue(isRecord, `${seen}, which is not a record.`);
      }
    }),
  );
}

export function specifySeal(specify: Specify, withCookies: WithCookies): void {
  specify(
    "unseal() rejects every value that a client has made up.",
    withCookies(async (cookies) => {
      for (const input of MALICIOUS_VALUES) await assertRejected(cookies, input);
    }),
  );
  specify(
    "unseal() rejects a sealed value after any change, even of one character.",
    withCookies(async (cookies) => {
      const value = await cookies.seal(recordWith('{"user":"u"}'));
      for (const input of tamperedWith(value)) await assertRejected(cookies, input);
    }),
  );
}

export function specifyBinding(specify: Specify, withCookies: WithCookies): void {
  specify(
    "unseal() rejects a value that was sealed for another cookie name.",
    withCookies(async (cookies) => {
      const names = ["a", "b", "ab", "A", "a.", "session", "session1"];
      for (const name of names) {
        const record = recordWith("{}");
        const value = await cookies.seal(record, name);
        assertOpened(await cookies.unseal(value, name), record);
        for (const other of names) {
          if (other === name) continue;
          const answer = await cookies.unseal(value, other);
          const seen = `unseal() opened a value for the name ${other} that was sealed for ${name}.`;
          assertTrue(typeof answer === "string", seen);
        }
      }
    }),
  );
}

export function specifySecrecy(specify: Specify, withCookies: WithCookies): void {
  specify(
    "A client cannot read the sealed data, and equal records get different values.",
    withCookies(async (cookies) => {
      const secret = "correct horse battery staple";
      const record = recordWith(JSON.stringify({ secret }));
      const value = await cookies.seal(record);
      for (const reading of readingsOf(value)) {
        assertTrue(!reading.includes(secret), "The value contains the data unencrypted.");
      }
      assertTrue(value !== (await cookies.seal(record)), "Two equal records have the same value.");
    }),
  );
}

/** The value itself, and the value decoded from base64 and from hexadecimal, from every offset. */
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

async function assertRejected(cookies: SealedCookies, input: string): Promise<void> {
  const answer = await cookies.unseal(input);
  assertTrue(typeof answer === "string", `unseal() opened the value ${show(input)}.`);
}
