// Hashes the passwords of the examples login and devices.
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

/** The stored form of a user's password. */
export interface PasswordHash {
  /** Random for each user, so that equal passwords have different hashes. */
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** Checked for an unknown user, so that response times do not reveal which users exist. */
export const nobody: PasswordHash = await hashPassword(randomBytes(32).toString("hex"));

export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = randomBytes(16);
  return { salt, hash: await stretch(password, salt) };
}

export async function matches(
  password: string | null,
  { salt, hash }: PasswordHash,
): Promise<boolean> {
  return timingSafeEqual(hash, await stretch(password ?? "", salt));
}

/** scrypt is slow on purpose. It runs on another thread. */
async function stretch(password: string, salt: Buffer): Promise<Buffer> {
  return (await promisify(scrypt)(password, salt, 32)) as Buffer;
}
