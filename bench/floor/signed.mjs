import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";

/**
 * A handwritten signed session. The value is `<JSON in base64url>.<HMAC in base64url>`. The JSON
 * contains an expiry.
 */
export function signedFloor(key, maxAge = 86_400) {
  // Node 24 takes longer to prepare a key from bytes, at each call, than for the HMAC.
  const secret = createSecretKey(key);
  const sign = (text) => createHmac("sha256", secret).update(text).digest();
  return {
    open(value) {
      const dot = value.indexOf(".");
      const text = value.slice(0, dot);
      const mac = Buffer.from(value.slice(dot + 1), "base64url");
      const expected = sign(text);
      if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) return null;
      const { data, expires } = JSON.parse(Buffer.from(text, "base64url").toString());
      return Date.now() < expires ? data : null;
    },
    seal(data) {
      const record = { data, expires: Date.now() + maxAge * 1000 };
      const text = Buffer.from(JSON.stringify(record)).toString("base64url");
      return `${text}.${sign(text).toString("base64url")}`;
    },
  };
}
