// What the test routes of all frameworks share.

/** A text in two parts. The second one comes when the client has got the first one. */
export function textInParts(): ReadableStream<Uint8Array> {
  const parts = ["part 1\n", "part 2\n"];
  return new ReadableStream({
    async pull(controller) {
      const part = parts.shift();
      if (part === undefined) return controller.close();
      if (parts.length === 0) await fetch(`${process.env.UPSTREAM}/gate`);
      controller.enqueue(new TextEncoder().encode(part));
    },
  });
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** The answer of another server: its headers cannot be changed, and it has cookies of its own. */
export async function upstream(): Promise<Response> {
  return fetch(`${process.env.UPSTREAM}/`);
}

/** JSON has no such number, so the session cannot be saved. */
export const UNFIT = 1n as unknown as number;
