/** Handwritten sessions in Redis, with GET, and SET with an expiry. */
export function redisFloor(client, maxAge = 86_400) {
  return {
    async read(id) {
      const text = await client.get(`session:${id}`);
      return text === null ? null : JSON.parse(text);
    },
    async write(id, data) {
      await client.set(`session:${id}`, JSON.stringify(data), { EX: maxAge });
    },
  };
}
