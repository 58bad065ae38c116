let calls = 0;

/** Counts the calls of Web Crypto that seal or open a cookie from now on. */
export function countWebCryptoCalls(subtle) {
  const prototype = Object.getPrototypeOf(subtle);
  for (const name of ["encrypt", "decrypt"]) {
    const method = prototype[name];
    Object.defineProperty(prototype, name, {
      value(...args) {
        calls++;
        return method.apply(this, args);
      },
    });
  }
}

export function webCryptoCalls() {
  return calls;
}
