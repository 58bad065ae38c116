import { codeOf, storeFailed } from "../errors.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import type { Awaitable } from "../platform/awaitable.js";
import type { SessionData } from "../record.js";
import type { LoadedSession, StoreScope } from "../store.js";
import type { Settings } from "./options.js";

/** What has been found for a request. */
export interface InitialState {
  /** Whether the client sent anything. */
  readonly isSent: boolean;
  readonly loaded: LoadedSession | null;
  readonly data: SessionData;
  /** Why nothing could be found; thrown at whoever looks. */
  readonly failure?: unknown;
}

/** A failure is kept for whoever looks at the session: routes that do not must work while the store is down. */
export async function load(settings: Settings, scope: StoreScope): Promise<InitialState> {
  const value = await readValue(settings, scope.ctx);
  const isSent = Boolean(value);
  const { store, defaults, emit } = settings;
  if (value) {
    try {
      const found = await store.load(value, scope);
      if (typeof found !== "string") return { isSent, loaded: found, data: found.data };
      emit({ type: "fresh", reason: found }, scope.ctx);
    } catch (error) {
      emit({ type: "store-failed", code: codeOf(error) }, scope.ctx);
      // A TypeError is a mistake in the wiring, such as keys that cannot work, and says so itself.
      const failure = error instanceof TypeError ? error : storeFailed(error);
      return { isSent, loaded: null, data: {}, failure };
    }
  }
  return { isSent, loaded: null, data: await defaults.make(scope.ctx) };
}

/** What the client sent, if anything. */
function readValue(
  { cookie, getSessionId }: Settings,
  ctx: RequestContext,
): Awaitable<string | null | undefined> {
  if (getSessionId) return getSessionId(ctx);
  if (ctx.cookie) return ctx.cookie[cookie.name];
  throw new TypeError(
    "session() finds no ctx.cookie. Put app.use(cookie()) from @hattip/cookie before it, or give it the option getSessionId.",
  );
}
