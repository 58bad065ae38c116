/** @throws {TypeError} that says what the option must be. */
export function assertOption(name: string, isRight: boolean, what: string): void {
  if (!isRight) throw new TypeError(`The option ${name} must be ${what}.`);
}

/** @throws {TypeError} unless the options are an object. */
export function assertOptions(owner: string, options: unknown): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`The options of ${owner} must be an object.`);
  }
}

/**
 * A misspelt option must not be ignored: TypeScript refuses it, JavaScript does not.
 *
 * @param unknown - The options that are left when the known ones are taken out.
 * @param meant - What the names that other libraries use are called here.
 * @throws {TypeError} that names the first of them.
 */
export function assertNoUnknown(
  owner: string,
  unknown: object,
  hint: string,
  meant: Readonly<Record<string, string>> = {},
): void {
  const [name] = Object.keys(unknown);
  if (name === undefined) return;
  const advice = Object.hasOwn(meant, name) ? `Did you mean ${meant[name]}?` : hint;
  throw new TypeError(`${owner} has no option ${name}. ${advice}`);
}

/**
 * All times that a user gives are whole seconds, and all sizes are whole bytes.
 *
 * @throws {TypeError} that names the option, the unit and the limits.
 */
export function assertWhole(
  option: string,
  value: unknown,
  unit: string,
  min: number,
  max = 1_000_000_000,
): void {
  // More than 31 years is a mistake in the unit: most often the value is in milliseconds.
  const whole = Number.isSafeInteger(value) ? (value as number) : NaN;
  const isRight = whole >= min && whole <= max;
  assertOption(option, isRight, `a whole number of ${unit} from ${min} to ${max}`);
}
