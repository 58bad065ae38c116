import type { HattipHandler } from "@hattip/core";

/** The demo's app, as `TLS_CERT` and `TLS_KEY` make it: for https, in the process of the spec. */
export interface HttpsDemo {
  readonly app: HattipHandler;
  close(): Promise<void>;
}

const FOLDER = new URL("../../examples/demo/", import.meta.url);

/** @param stores - Each with the timeouts of a day, at `/<store>/day/`. */
export async function openHttpsDemo(...stores: string[]): Promise<HttpsDemo> {
  // The demo is a program with types of its own: a static import would make them those of the specs.
  const load = (file: string) => import(new URL(file, FOLDER).href);
  const [{ createApp }, { Site }, { ownRedis }] = await Promise.all(
    ["app.ts", "site.ts", "stores.ts"].map(load),
  );
  const { EncryptedCookieStore } = await import("@hattip/session");
  const keys = [await EncryptedCookieStore.generateKey()];
  const sites = stores.map((store) => new Site(store, "day", keys, true));
  return {
    app: createApp(sites),
    async close() {
      for (const site of sites) await site.close();
      // All demos of this process have the same one, which starts only once.
      if (stores.includes("redis")) await ownRedis?.stop();
    },
  };
}
