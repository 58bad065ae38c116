import { readFileSync } from "node:fs";
import type { SealedKind } from "./independent-decoder.js";

/** Sealed values that never change. Every implementation must open them on every runtime. */
interface Vectors {
  /** The absolute timeout in seconds. It is long enough to keep the values valid until 2052. */
  absoluteTimeout: number;
  /** `id` is in hex. */
  keys: { base64: string; id: string }[];
  /** The keys that are made from secrets. */
  secrets: { secret: string; base64: string }[];
  vectors: Vector[];
}

export interface Vector {
  title: string;
  kind: SealedKind;
  /** The index of the key. */
  key: number;
  cookieName: string;
  created: number;
  expires: number;
  text: string;
  /** Only an encrypted value has a nonce. All bytes are in hex. */
  nonce?: string;
  /** The `info` from which the subkey is derived. */
  purpose: string;
  subkey: string;
  value: string;
}

const file = new URL("../cookie/vectors.json", import.meta.url);

export const VECTORS: Vectors = JSON.parse(readFileSync(file, "utf8")) as Vectors;
