// The main program of a V8 start-up snapshot. While the snapshot is built, the program creates the
// first session. Each process that starts from the snapshot creates sessions and seals cookie values.
// All print what they have drawn, as JSON.
import { startupSnapshot } from "node:v8";
import { EncryptedCookieStore, UnsafeMemoryStore } from "../../../lib/node.js";
import { now, scopeOf } from "../sealed-stores.js";

const sessions = new UnsafeMemoryStore();

async function createSession(): Promise<string> {
  const record = { text: "{}", created: now(), expires: now() + 3600 };
  return (await sessions.save(null, record, scopeOf()))!.value;
}

async function sealValues(): Promise<string[]> {
  // All processes have the same key, like the servers of one app.
  const store = new EncryptedCookieStore(
    EncryptedCookieStore.generateKeysFromBase64(["A".repeat(43)]),
  );
  const record = { text: "{}", created: now(), expires: now() + 3600 };
  const seals = Array.from({ length: 4 }, async () => store.save(null, record, scopeOf()));
  return (await Promise.all(seals)).map(({ value }) => value);
}

async function start(): Promise<void> {
  const ids = [await createSession(), await createSession()];
  console.log(JSON.stringify({ ids, sealed: await sealValues() }));
}

startupSnapshot.setDeserializeMainFunction(() => void start());

createSession().then(
  (id) => console.log(JSON.stringify({ ids: [id], sealed: [] })),
  (error: unknown) => {
    throw error;
  },
);
