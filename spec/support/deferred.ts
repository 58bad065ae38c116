/** A promise that a spec settles itself, for example to pause a request at a certain point. */
export class Deferred<T = void> {
  resolve!: (value: T) => void;
  readonly promise: Promise<T> = new Promise((resolve) => {
    this.resolve = resolve;
  });
}
