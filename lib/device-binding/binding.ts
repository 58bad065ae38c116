import { decodeBase64url, encodeBase64url, encodeUtf8 } from "../platform/bytes.js";
import { macKey } from "../platform/crypto.js";

/** What a record's header says of its session's device. It is not part of the data. */
export interface Binding {
  /** Under it are all MACs of the session. It never leaves the server. */
  readonly secret: string;
  /** When the key was registered: seconds since 1970. */
  readonly since: number;
  /** The public key, as in `device-key.ts`; empty until a browser has registered one. */
  readonly key: string;
}

/** @param text - `<secret>`, or `<secret>.<since>.<key>` once there is a key. */
export function decodeBinding(text = ""): Binding {
  const [secret = "", since, ...key] = text.split(".");
  return { secret, since: Number(since), key: key.join(".") };
}

/** A MAC that was made for one purpose is worth nothing for another. */
type Purpose = "registration" | "refresh" | "proof";

/** `<second>.<MAC>`: the server need not remember its challenges and proofs. */
export async function makeMac(purpose: Purpose, second: number, secret: string): Promise<string> {
  const key = await macKey(encodeUtf8(secret));
  return `${second}.${encodeBase64url(await key.sign(encodeUtf8(`${purpose} ${second}`)))}`;
}

/** The second that `makeMac` got; `null` for any other text, purpose or secret. */
export async function secondOf(
  purpose: Purpose,
  text: string,
  secret: string,
): Promise<number | null> {
  const [, second = "", encoded = ""] = /^(\d{1,10})\.([\w-]{22})$/.exec(text) ?? [];
  const mac = decodeBase64url(encoded);
  if (!mac || secret === "") return null;
  const key = await macKey(encodeUtf8(secret));
  return (await key.verify(encodeUtf8(`${purpose} ${second}`), mac)) ? Number(second) : null;
}
