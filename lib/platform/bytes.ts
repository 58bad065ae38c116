/** Converts between text and bytes. All codecs give the same results. */
export interface ByteCodec {
  encodeUtf8(text: string): Uint8Array;
  decodeUtf8(bytes: Uint8Array): string;
  encodeBase64url(bytes: Uint8Array): string;
  decodeBase64url(text: string): Uint8Array | null;
}

interface BufferLike extends Uint8Array {
  toString(encoding?: "utf8" | "base64url"): string;
}

export interface BufferConstructorLike {
  from(text: string, encoding: "utf8" | "base64url"): BufferLike;
  from(buffer: ArrayBufferLike, offset: number, length: number): BufferLike;
  isBuffer(bytes: Uint8Array): boolean;
}

/** With `Buffer`, which is about ten times faster on strings. */
export function bufferCodec(buffer: BufferConstructorLike): ByteCodec {
  const view = (bytes: Uint8Array): BufferLike =>
    buffer.isBuffer(bytes) ? bytes : buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    encodeUtf8: (text) => buffer.from(text, "utf8"),
    decodeUtf8: (bytes) => view(bytes).toString("utf8"),
    encodeBase64url: (bytes) => view(bytes).toString("base64url"),
    decodeBase64url(text) {
      const bytes = buffer.from(text, "base64url");
      // The decoder accepts padding, white space and the other alphabet; a token must not have them.
      return bytes.toString("base64url") === text ? bytes : null;
    },
  };
}

/** With web standards. */
export function webCodec(): ByteCodec {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  // In slices: the stack limits the number of arguments of a call.
  const SLICE = 8192;

  function encode(bytes: Uint8Array): string {
    let binary = "";
    for (let start = 0; start < bytes.length; start += SLICE) {
      binary += String.fromCharCode(...bytes.subarray(start, start + SLICE));
    }
    return btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  return {
    encodeUtf8: (text) => encoder.encode(text),
    decodeUtf8: (bytes) => decoder.decode(bytes),
    encodeBase64url: encode,
    decodeBase64url(text) {
      if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return null;
      const binary = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
      const bytes = new Uint8Array(binary.length);
      for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
      return encode(bytes) === text ? bytes : null;
    },
  };
}

let codec: ByteCodec | undefined;

/** The entry points for platforms with `Buffer` call this when they are loaded. */
export function preferCodec(preferred: ByteCodec): void {
  codec = preferred;
}

/** Made late: some platforms have no TextEncoder before a polyfill is loaded. */
function byteCodec(): ByteCodec {
  return (codec ??= webCodec());
}

export function encodeUtf8(text: string): Uint8Array {
  return byteCodec().encodeUtf8(text);
}

export function decodeUtf8(bytes: Uint8Array): string {
  return byteCodec().decodeUtf8(bytes);
}

export function encodeBase64url(bytes: Uint8Array): string {
  return byteCodec().encodeBase64url(bytes);
}

/** `null` unless the text is the one canonical base64url form of its bytes (RFC 4648, 3.5). */
export function decodeBase64url(text: string): Uint8Array | null {
  return byteCodec().decodeBase64url(text);
}
