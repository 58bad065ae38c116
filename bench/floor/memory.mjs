/**
 * Handwritten sessions in a Map. They are JSON, so that requests do not share objects, and have an
 * expiry.
 */
export function memoryFloor(maxAge = 86_400) {
  const entries = new Map();
  return {
    read(id) {
      const entry = entries.get(id);
      return entry && Date.now() < entry.expires ? JSON.parse(entry.text) : null;
    },
    write(id, data) {
      entries.set(id, { text: JSON.stringify(data), expires: Date.now() + maxAge * 1000 });
    },
  };
}
