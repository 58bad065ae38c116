// The usage in the documentation and the code of store authors. All of it must compile.
import { compose, type RequestContext } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import {
  CookieStore,
  EncryptedCookieStore,
  ExternalStore,
  KvSessionStore,
  RedisSessionStore,
  session,
  SessionError,
  SignedCookieStore,
  SimpleCookieStore,
  UnsafeMemoryStore,
  UnsignedCookieStore,
  type BackendCall,
  type ExternalStoreOptions,
  type Insertion,
  type Keys,
  type OwnedSession,
  type RejectionReason,
  type Replacement,
  type SessionData,
  type SessionMiddleware,
  type SessionRecord,
  type Unsealed,
} from "@hattip/session";
import {
  cookieStoreContract,
  externalStoreContract,
  externalHooksOf,
} from "@hattip/session/testing";

declare module "@hattip/session" {
  interface SessionData {
    userId: string;
    cart?: { product: string; amount: number }[];
  }
}

export class MyStore extends ExternalStore {
  readonly #map = new Map<string, string>();

  constructor(options: ExternalStoreOptions & { url: string }) {
    const { url: _, ...rest } = options;
    super(rest);
  }
  protected override read(key: string): string | null {
    return this.#map.get(key) ?? null;
  }
  protected override async create(key: string, { text, ttl }: Insertion): Promise<boolean> {
    return ttl > 0 && !this.#map.has(key) && !!this.#map.set(key, text);
  }
  protected override async update(
    key: string,
    { text, expected }: Replacement,
    { ctx, signal }: BackendCall,
  ): Promise<boolean> {
    signal.throwIfAborted();
    return ctx.ip !== "" && this.#map.get(key) === expected && !!this.#map.set(key, text);
  }
  protected override remove(key: string): void {
    this.#map.delete(key);
  }
}

export class MyCookieStore extends CookieStore {
  protected override seal({ text, created, expires }: SessionRecord): string {
    return encodeURIComponent(JSON.stringify([text, created, expires]));
  }
  protected override unseal(value: string): Unsealed | RejectionReason {
    if (value === "") return "malformed";
    const [text, created, expires] = JSON.parse(decodeURIComponent(value));
    return { text, created, expires, outdated: false };
  }
}

export async function stores() {
  return [
    new SimpleCookieStore({ parse: (data) => JSON.parse(data) }),
    new SignedCookieStore(await SignedCookieStore.generateKeysFromSecrets(["new", "old"])),
    new SignedCookieStore(SignedCookieStore.generateKeysFromSecrets(["secret"])),
    new EncryptedCookieStore(
      await EncryptedCookieStore.generateKeysFromBase64([
        "cnNwJHcQHlHHB7+/zRYOJP/m0JEXxQpoGskCs8Eg+XI=",
      ]),
    ),
    new EncryptedCookieStore((ctx) =>
      EncryptedCookieStore.generateKeysFromBase64([ctx.env("KEY") ?? ""]),
    ),
    new KvSessionStore({ getStore: (ctx) => ctx.platform.env.SESSIONS }),
    new RedisSessionStore({ getClient: () => undefined as any, prefix: "app:", timeout: 1 }),
    new UnsafeMemoryStore(),
    new MyStore({ url: "my:", maxBytes: 1000 }),
    new MyCookieStore({}),
  ];
}

export const handler = compose(
  cookie(),
  session({
    store: new MyStore({ url: "my:" }),
    defaultSessionData: {},
    cookieName: "__Host-session",
    cookieOptions: { sameSite: "strict" },
    idleTimeout: 3600,
    onEvent: (event) => event.type === "fresh" && event.reason === "tampered",
  }),
  session({
    store: new UnsafeMemoryStore(),
    defaultSessionData: async (ctx) => ({ userId: ctx.ip }),
    getSessionId: (ctx) => ctx.request.headers.get("authorization"),
    setSessionId: (_ctx, response, id, maxAge) =>
      response.headers.set("session", `${id ?? ""} ${maxAge}`),
  }),
  async (ctx) => {
    try {
      await ctx.session.update((data) => void data.cart?.push({ product: "a", amount: 1 }));
      await ctx.session.regenerate();
      ctx.session.data = { userId: "u" };
      if (!ctx.session.isFresh) await ctx.session.destroy();
    } catch (error) {
      if (error instanceof SessionError && error.code === "ERR_SESSION_STORE") {
        return new Response("Try again", { status: 503 });
      }
      throw error;
    }
    return new Response(ctx.session.data.userId.toUpperCase());
  },
);

// Typed sessions.
interface Login {
  userId: string;
}
interface Shop {
  basket: string[];
}

const login = session<Login>({
  // The type of the data comes from session<Login>(), in both callbacks, too.
  store: new RedisSessionStore({
    getClient: () => undefined as any,
    stringify: (data) => data.userId.toUpperCase(),
    parse: (text) => ({ userId: text }),
  }),
  cookieName: "login",
});
// The type of the data comes from the store.
const shop = session({
  store: new UnsignedCookieStore<Shop>({ parse: (text) => ({ basket: [text] }) }),
  defaultSessionData: { basket: [] },
});
const shared = new UnsafeMemoryStore<{ userId: string } & Shop>();
export const both = [session<Login>({ store: shared }), session<Shop>({ store: shared })];
const untyped = session({ store: new UnsafeMemoryStore() });

export const withOwners = [
  new UnsafeMemoryStore({ owner: ({ userId }) => userId }),
  new UnsafeMemoryStore<{ user?: { id: string } | null }>({ owner: (data) => data.user?.id }),
];

/** The sessions of a user. The type of the data is that of the store. */
export async function owners(ctx: RequestContext): Promise<(string | undefined)[]> {
  const store = new RedisSessionStore<Login>({
    getClient: () => undefined as any,
    owner: (data) => data.userId,
  });
  const isEnded: boolean = await store.endSession("an ID", { owner: "ada", ctx });
  const count: number = await store.endSessionsOf("ada", { except: ctx.session, ctx });
  const all: number = await store.endSessionsOf("ada");
  const sessions: OwnedSession<Login>[] = await store.sessionsOf("ada");
  const [newest] = sessions;
  const seconds = newest ? newest.expires - newest.created : 0;
  return [`${isEnded} ${count} ${all} ${seconds}`, newest?.id, newest?.data.userId];
}

export const typedHandler = compose(cookie(), login, shop, untyped, async (ctx) => {
  const { userId }: { userId: string } = login.of(ctx).data;
  login.of(ctx).data = { userId: userId.toUpperCase() };
  await shop.of(ctx).update((data) => data.basket.push(userId));
  await login.of(ctx).update((data) => Object.assign(data, { userId: "u" }));
  await shop.of(ctx).update((data) => (data.basket = data.basket.filter((one) => one !== "tea")));
  await shop.of(ctx).update((data) => (data.basket.length = 0));
  await shop.of(ctx).update((data: Shop): unknown[] => data.basket.splice(0, 1));
  await login.of(ctx).update((data) => {
    data.userId = shop.of(ctx).data.basket.join();
  });
  const { cart }: { cart?: { product: string; amount: number }[] } = untyped.of(ctx).data;
  const { id, created, expires, isFresh } = login.of(ctx);
  const text: string | undefined = id;
  const seconds: number = (expires ?? 0) - (created ?? 0);
  return new Response(`${cart?.length} ${text} ${seconds} ${isFresh}`);
});

export const mySession: SessionMiddleware<Login> = login;
export class MyTypedStore<Data extends object = SessionData> extends ExternalStore<Data> {
  protected override read(): null {
    return null;
  }
  protected override create(): boolean {
    return false;
  }
  protected override update(): boolean {
    return false;
  }
  protected override remove(): void {}
}
export const ofMyStore = session({ store: new MyTypedStore<Login>() });
export const readsUser = (ctx: RequestContext): string => ofMyStore.of(ctx).data.userId;

// Every optional option accepts undefined, with exactOptionalPropertyTypes, too.
export const withUndefined = session({
  store: new SignedCookieStore([process.env.SESSION_KEY!], { parse: undefined }),
  defaultSessionData: undefined,
  cookieName: undefined,
  cookieOptions: { domain: process.env.DOMAIN, maxAge: undefined },
  idleTimeout: undefined,
  onEvent: undefined,
});

// Keys as text, and mixed.
export async function keyed(): Promise<unknown[]> {
  const key = await SignedCookieStore.generateKey();
  const keys: Keys = [key, "cnNwJHcQHlHHB7+/zRYOJP/m0JEXxQpoGskCs8Eg+XI="];
  return [
    new EncryptedCookieStore(keys),
    new EncryptedCookieStore(Promise.resolve(["text"])),
    new EncryptedCookieStore((ctx) => [ctx.env("SESSION_KEY")!]),
    new SignedCookieStore<Login>(async () => [key]),
    await SignedCookieStore.exportKey(key),
  ];
}

declare const process: { env: Record<string, string | undefined> };
declare function describe(title: string, body: () => void): void;
declare function it(title: string, body: () => Promise<void>): void;

const create = (options: ExternalStoreOptions): MyStore => new MyStore({ url: "my:", ...options });
externalStoreContract(
  { describe, it },
  {
    create,
    broken: async (options) => create(options),
    deleteExpired: async () => ({ rowCount: 1 }),
    module: "file:///make-store.js",
    timeoutSeconds: 120,
  },
);
cookieStoreContract(
  { describe, it },
  {
    create: async () => new MyCookieStore({}),
    rotated: () => new MyCookieStore({}),
    broken: () => new MyCookieStore({}),
    sealed: false,
  },
);
export const { compares } = externalHooksOf(new MyStore({ url: "my:" }));
