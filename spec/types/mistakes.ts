// Mistakes that must not compile. The text after each colon is part of the newest compiler's error.
import type { RequestContext } from "@hattip/compose";
import {
  CookieStore,
  ExternalStore,
  KvSessionStore,
  RedisSessionStore,
  session,
  SignedCookieStore,
  UnsafeMemoryStore,
  UnsignedCookieStore,
  type SessionEvent,
} from "@hattip/session";
import { externalStoreContract } from "@hattip/session/testing";

declare module "@hattip/session" {
  interface SessionData {
    userId: string;
    cart?: { product: string; amount: number }[];
  }
}

const store = new UnsafeMemoryStore();
// @ts-expect-error: Type 'number' is not assignable to type 'string'.
export const byNumber = new UnsafeMemoryStore<{ id: number }>({ owner: (data) => data.id });
// @ts-expect-error: Property 'sessionsOf' does not exist on type 'UnsignedCookieStore<SessionData>'.
export const list = new UnsignedCookieStore().sessionsOf("ada");
// @ts-expect-error: Type 'string' is not assignable to type 'Pick<Session<SessionData>, "id">'.
export const count = store.endSessionsOf("ada", { except: "an ID" });
const runner = { describe() {}, it() {} };

// @ts-expect-error: Non-abstract class 'WithoutRemove' does not implement inherited abstract member remove from class 'ExternalStore<SessionData>'.
class WithoutRemove extends ExternalStore {
  protected override read(): null {
    return null;
  }
  protected override create(): boolean {
    return true;
  }
  protected override update(): boolean {
    return true;
  }
}

abstract class WrongAnswers extends ExternalStore {
  // @ts-expect-error: Type 'undefined' is not assignable to type 'Awaitable<string | null>'.
  protected override read(key: string): string | undefined {
    return new Map<string, string>().get(key);
  }
  // @ts-expect-error: Type 'Promise<void>' is not assignable to type 'Awaitable<boolean>'.
  protected override async create(): Promise<void> {}
  // @ts-expect-error: Type 'number' is not assignable to type 'Awaitable<boolean>'.
  protected override update(): number {
    return 1;
  }
}

abstract class WrongPromises extends ExternalStore {
  // @ts-expect-error: Type 'Promise<number>' is not assignable to type 'Promise<boolean>'.
  protected override async update(): Promise<number> {
    return 1;
  }
  // @ts-expect-error: Type 'void' is not assignable to type 'boolean'.
  protected override async create(): Promise<void> {}
  // @ts-expect-error: 'compares' is defined as an accessor in class 'ExternalStore<SessionData>', but is overridden here in 'WrongPromises' as an instance property.
  protected override compares = false;
}

abstract class WrongArguments extends ExternalStore {
  // @ts-expect-error: Types of property 'ttl' are incompatible.
  protected override create(_key: string, { ttl }: { ttl: Date }): boolean {
    return ttl.getTime() > 0;
  }
  // @ts-expect-error: Target signature provides too few arguments. Expected 4 or more, but got 3.
  protected override update(
    _key: string,
    _replacement: object,
    _call: object,
    _more: string,
  ): boolean {
    return true;
  }
  // @ts-expect-error: This member cannot have an 'override' modifier because it is not declared in the base class 'ExternalStore<SessionData>'. Did you mean 'remove'?
  protected override remov(): void {}
}

// @ts-expect-error: Non-abstract class 'WithoutUnseal' does not implement inherited abstract member unseal from class 'CookieStore<SessionData>'.
class WithoutUnseal extends CookieStore {
  protected override seal(): string {
    return "";
  }
}

abstract class WrongReason extends CookieStore {
  // @ts-expect-error: Type '"forged"' is not assignable to type 'Awaitable<Unsealed | RejectionReason>'.
  protected override unseal(): "forged" {
    return "forged";
  }
}

// What session() calls on a store is private.
// @ts-expect-error: Property 'load' does not exist on type 'UnsafeMemoryStore<SessionData>'.
void store.load("id", { ctx: {} });
// @ts-expect-error: 'load' does not exist in type 'SessionStore<SessionData>'.
session({ store: { load() {}, save() {} }, defaultSessionData: {} });

// @ts-expect-error: Property 'store' is missing in type '{ defaultSessionData: {}; }' but required in type 'SessionOptions<SessionData>'.
session({ defaultSessionData: {} });
// @ts-expect-error: 'cookieNmae' does not exist in type 'SessionOptions<SessionData>'. Did you mean to write 'cookieName'?
session({ store, defaultSessionData: {}, cookieNmae: "a" });
// @ts-expect-error: Type 'string' is not assignable to type 'number'.
session({ store, defaultSessionData: {}, idleTimeout: "1h" });
// @ts-expect-error: Type '"strictly"' is not assignable to type
session({ store, defaultSessionData: {}, cookieOptions: { sameSite: "strictly" } });
// @ts-expect-error: 'expires' does not exist in type 'SessionCookieOptions'.
session({ store, defaultSessionData: {}, cookieOptions: { expires: new Date() } });
// @ts-expect-error: 'userid' does not exist in type
session({ store, defaultSessionData: { userid: "u" } });
// @ts-expect-error: Type 'number' is not assignable to type 'string'.
session({ store, defaultSessionData: { userId: 1 } });
// @ts-expect-error: 'prefx' does not exist in type 'ExternalStoreOptions<SessionData>'. Did you mean to write 'prefix'?
void new UnsafeMemoryStore({ prefx: "app:" });
// @ts-expect-error: Property 'getClient' is missing in type '{}' but required in type 'RedisSessionStoreOptions<SessionData>'.
void new RedisSessionStore({});
// @ts-expect-error: 'namespace' does not exist in type 'KvSessionStoreOptions<SessionData>'.
void new KvSessionStore({ getStore: () => undefined as any, namespace: "a" });
// @ts-expect-error: Type 'undefined' is not assignable to type 'SessionKey'.
void new SignedCookieStore([undefined]);
// @ts-expect-error: Argument of type 'string' is not assignable to parameter of type 'Keys'.
void new SignedCookieStore("secret");
// @ts-expect-error: Argument of type 'string' is not assignable to parameter of type 'readonly string[]'.
void SignedCookieStore.generateKeysFromSecrets("secret");

interface Shop {
  basket: string[];
}
// The type of the data is that of the session, not what parse returns.
const parseShop = (text: string): Shop => ({ basket: [text] });
// @ts-expect-error: Property 'userId' is missing in type 'Shop' but required in type 'SessionData'.
session({ store: new UnsignedCookieStore({ parse: parseShop }) });
const parsesAny = new UnsignedCookieStore({ parse: JSON.parse });
// @ts-expect-error: Type 'number' is not assignable to type 'string'.
session({ store: parsesAny, defaultSessionData: { userId: 1 } });
const shop = session<Shop>({ store: new UnsafeMemoryStore() });
// @ts-expect-error: 'bascet' does not exist in type
session<Shop>({ store: new UnsafeMemoryStore(), defaultSessionData: { bascet: [] } });
// @ts-expect-error: Type 'UnsafeMemoryStore<{ theme: string; }>' is not assignable to type 'SessionStore<Shop>'.
session<Shop>({ store: new UnsafeMemoryStore<{ theme: string }>() });
// @ts-expect-error: Type 'string' does not satisfy the constraint 'object'.
session<string>({ store });
// @ts-expect-error: Property 'request' is missing in type '{}'
shop.of({});
// @ts-expect-error: Property 'userId' is missing in type 'Shop' but required in type 'SessionData'.
session<Shop>({ store });

export async function handler(ctx: RequestContext) {
  // @ts-expect-error: Property 'userid' does not exist on type 'SessionData'. Did you mean 'userId'?
  ctx.session.data.userid = "u";
  // @ts-expect-error: Type 'number' is not assignable to type 'string'.
  ctx.session.data.userId = 1;
  // @ts-expect-error: 'ctx.session.data.cart' is possibly 'undefined'.
  ctx.session.data.cart.push({ product: "a", amount: 1 });
  // @ts-expect-error: Property 'userId' is missing in type '{}' but required in type 'SessionData'.
  ctx.session.data = {};
  // @ts-expect-error: Property 'save' does not exist on type 'Session<SessionData>'.
  await ctx.session.save();
  // @ts-expect-error: Property 'user' does not exist on type 'Session<SessionData>'.
  ctx.session.user = "ada";
  // @ts-expect-error: Cannot assign to 'expires' because it is a read-only property.
  ctx.session.expires = 0;
  // @ts-expect-error: Type 'Promise<void>' is not assignable to type
  await ctx.session.update(async () => {});
  // @ts-expect-error: Property 'userId' does not exist on type 'Shop'.
  shop.of(ctx).data.userId = "u";
  // @ts-expect-error: Type 'string' is not assignable to type 'string[]'.
  shop.of(ctx).data.basket = "tea";
  // @ts-expect-error: Cannot assign to 'isFresh' because it is a read-only property.
  ctx.session.isFresh = true;
}

export function watch(event: SessionEvent) {
  // @ts-expect-error: have no overlap
  if (event.type === "save") return;
  // @ts-expect-error: Property 'reason' does not exist on type
  event.reason.toUpperCase();
}

// @ts-expect-error: 'comparing' does not exist in type 'ExternalStoreContractOptions'.
externalStoreContract(runner, { create: () => store, comparing: false });
// @ts-expect-error: Property 'create' is missing in type '{}' but required in type 'ExternalStoreContractOptions'.
externalStoreContract(runner, {});

export { WithoutRemove, WithoutUnseal, WrongAnswers, WrongArguments, WrongPromises, WrongReason };
