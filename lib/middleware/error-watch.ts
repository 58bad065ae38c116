import type { RequestContext } from "../hattip.mjs" with { "resolution-mode": "import" };

/** Tells whether a handler has thrown. */
export interface ErrorWatch {
  readonly seen: boolean;
  stop(): void;
}

/**
 * compose() turns a handler's error into a response, of whatever status, before the middleware around the handler sees anything.
 * `ctx.handleError` is the only place to learn of it, and handlers may replace that meanwhile.
 */
export function watchErrors(ctx: RequestContext): ErrorWatch {
  // Of a session around this one, which wants to know, too; else a plain property.
  const outer = Object.getOwnPropertyDescriptor(ctx, "handleError");
  let handleError: RequestContext["handleError"] | undefined = ctx.handleError;
  const watch = {
    seen: false,
    stop() {
      const value = { ...PROPERTY, value: handleError, writable: true };
      Object.defineProperty(ctx, "handleError", outer?.set ? outer : value);
    },
  };
  const noting: RequestContext["handleError"] = (error) => {
    watch.seen = true;
    return handleError!(error);
  };
  Object.defineProperty(ctx, "handleError", {
    ...PROPERTY,
    // Where there is none, compose() must not believe that there is one.
    get: () => handleError && noting,
    set(replacement: RequestContext["handleError"]) {
      outer?.set?.call(ctx, replacement);
      handleError = outer?.get ? outer.get.call(ctx) : replacement;
    },
  });
  return watch;
}

const PROPERTY = { configurable: true, enumerable: true };
