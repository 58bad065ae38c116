import { readFileSync } from "node:fs";
import type { SealedKind } from "./independent-decoder.js";

/**
 * Values that were sealed once and for all: whoever reads the format must
 * open them, on every runtime.
 */
export interface Vectors {
  /** Seconds: with so long a timeout the values are good until 2052. */
  absoluteTimeout: number;
  /** `id` in hex. */
  keys: { base64: string; id: string }[];
  /** What password-like secrets become. */
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
  /** Of encrypted values. All bytes are in hex. */
  nonce?: string;
  /** The `info` that the subkey is derived with. */
  purpose: string;
  subkey: string;
  value: string;
}

const file = new URL("../cookie/vectors.json", import.meta.url);

export const VECTORS: Vectors = JSON.parse(readFileSync(file, "utf8")) as Vectors;
