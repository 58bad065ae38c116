import { expect } from "chai";

/*
 * These checks run millions of times. chai is slow, so it gets only what fails.
 */

export function expectSame(title: string, actual: unknown, expected: unknown): void {
  if (Object.is(actual, expected) || toText(actual) === toText(expected)) return;
  expect(actual, title).to.deep.equal(expected);
}

export function expectOneOf<T>(title: string, actual: T, expected: readonly T[]): void {
  if (!expected.includes(actual)) expect(actual, title).to.be.oneOf([...expected]);
}

/** The least and the most are valid, too. */
export function expectBetween(title: string, actual: number, least: number, most: number): void {
  if (actual < least || most < actual) expect(actual, title).to.be.within(least, most);
}

/** @param title - What is wrong if the condition does not hold. */
export function expectThat(condition: boolean, title: string): void {
  if (!condition) expect.fail(title);
}

function toText(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
