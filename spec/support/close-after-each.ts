/** Something that a spec has opened, or a function that closes it. */
type Closable = (() => unknown) | { close(): unknown } | { stop(): unknown };

/**
 * Call this in a `describe`. It returns a function that takes what a spec has opened and returns it
 * unchanged. After the spec, everything is closed, even if the spec has failed.
 */
export function closesAfterEach(): <T extends Closable>(opened: T) => T {
  const open: Closable[] = [];
  afterEach(async () => {
    const errors: unknown[] = [];
    // The last one is closed first: a store before the server that it uses.
    for (let last = open.pop(); last; last = open.pop()) {
      try {
        await close(last);
      } catch (error) {
        errors.push(error); // the others must be closed all the same
      }
    }
    if (errors.length > 0) throw errors[0];
  });
  return (opened) => {
    open.push(opened);
    return opened;
  };
}

function close(opened: Closable): unknown {
  if (typeof opened === "function") return opened();
  return "close" in opened ? opened.close() : opened.stop();
}
