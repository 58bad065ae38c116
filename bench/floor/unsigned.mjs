/** A handwritten readable session: JSON in base64url. */
export const unsignedFloor = {
  open(value) {
    try {
      return JSON.parse(Buffer.from(value, "base64url").toString());
    } catch {
      return null;
    }
  },
  seal: (data) => Buffer.from(JSON.stringify(data)).toString("base64url"),
};
