import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from "node:crypto";

/**
 * A handwritten encrypted session. The value is base64url of the nonce, the tag, and the JSON under
 * AES-256-GCM. The JSON contains an expiry.
 */
export function encryptedFloor(key, maxAge = 86_400) {
  // Node 24 takes longer to prepare a key from bytes, at each call, than to encrypt.
  const secret = createSecretKey(key);
  return {
    open(value) {
      const bytes = Buffer.from(value, "base64url");
      const decipher = createDecipheriv("aes-256-gcm", secret, bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(12, 28));
      try {
        const text =
          decipher.update(bytes.subarray(28), undefined, "utf8") + decipher.final("utf8");
        const { data, expires } = JSON.parse(text);
        return Date.now() < expires ? data : null;
      } catch {
        return null;
      }
    },
    seal(data) {
      const record = { data, expires: Date.now() + maxAge * 1000 };
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", secret, nonce);
      const sealed = [cipher.update(JSON.stringify(record), "utf8"), cipher.final()];
      return Buffer.concat([nonce, cipher.getAuthTag(), ...sealed]).toString("base64url");
    },
  };
}
