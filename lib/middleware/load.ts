import { codeOf, storeFailed } from "../errors.js";
import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };
import { andThen, isPromise, type Awaitable } from "../platform/awaitable.js";
import type { SessionData } from "../record.js";
import type { FreshReason, LoadedSession, StoreScope } from "../store.js";
import { isWiringError } from "../wiring-error.js";
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

/** Finds the session of a request, or begins a fresh one. */
export function load(settings: Settings, scope: StoreScope): Awaitable<InitialState> {
  return andThen(readValue(settings, scope.ctx), (value) =>
    value ? loadValue(settings, scope, value) : begin(settings, scope, false),
  );
}

function loadValue(settings: Settings, scope: StoreScope, value: string): Awaitable<InitialState> {
  const { store, emit, cookie, getSessionId } = settings;
  const admit = (found: LoadedSession | FreshReason): Awaitable<InitialState> => {
    if (typeof found !== "string") return { isSent: true, loaded: found, data: found.data };
    emit({ type: "fresh", reason: found }, scope.ctx);
    return begin(settings, scope, true);
  };
  // A failure is kept for whoever looks at the session: routes that do not must
  // work while the store is down.
  const fail = (error: unknown): InitialState => {
    if (!isWiringError(error)) emit({ type: "store-failed", code: codeOf(error) }, scope.ctx);
    return { isSent: true, loaded: null, data: {}, failure: storeFailed(error) };
  };
  // A body that getSessionId has parsed may hold anything.
  if (typeof value !== "string") return admit("malformed");
  // This package has never set it; and it could not be issued again.
  if (!getSessionId && !cookie.fits(value)) return admit("malformed");
  let found: Awaitable<LoadedSession | FreshReason>;
  try {
    found = store.load(value, scope);
  } catch (error) {
    return fail(error);
  }
  return isPromise(found) ? found.then(admit, fail) : admit(found);
}

function begin(
  { defaults }: Settings,
  scope: StoreScope,
  isSent: boolean,
): Awaitable<InitialState> {
  return andThen(defaults.make(scope.ctx), (data) => ({ isSent, loaded: null, data }));
}

/** What the client sent, if anything. */
function readValue(
  { cookie, getSessionId }: Settings,
  ctx: RequestContext,
): Awaitable<string | null | undefined> {
  if (getSessionId) return getSessionId(ctx);
  if (ctx.cookie) return ctx.cookie[cookie.name];
  throw new TypeError(
    "session() found no ctx.cookie. Add app.use(cookie()) from @hattip/cookie before it, or pass the option getSessionId.",
  );
}
