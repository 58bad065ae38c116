/** A misspelt option must not be a silent default; TypeScript sees it, JavaScript does not. */
export function assertKnownOptions(owner: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`The options of ${owner} must be an object.`);
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new TypeError(`${owner} has no option ${name}. Known options: ${known.join(", ")}.`);
  }
}

/** All times that a user gives are whole seconds, and all sizes whole bytes. */
export function assertWhole(
  option: string,
  value: unknown,
  unit: string,
  min: number,
  max = 1_000_000_000,
): void {
  // Over 31 years is an error of the unit: milliseconds, most often.
  const fits = Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
  if (!fits) {
    throw new TypeError(
      `The option ${option} must be a whole number of ${unit} from ${min} to ${max}.`,
    );
  }
}
