/**
 * A caller's mistake that shows only when a request comes. It goes to the app as it is, whereas any
 * other error is the store's.
 */
export class WiringError extends TypeError {
  override readonly name: string = "TypeError";
  /** By which it is told apart: it may come from the other of this package's two builds. */
  readonly isWiringError: boolean = true;
}

export function isWiringError(error: unknown): error is WiringError {
  return error instanceof TypeError && "isWiringError" in error;
}
