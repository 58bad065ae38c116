import { SessionError } from "../../errors.js";

export function unavailable(cause: unknown): SessionError {
  return new SessionError(
    "ERR_SESSION_STORE",
    "Redis cannot be reached, or does not answer; see the cause. The store connects again by itself. Answer 503 and let the client try again.",
    cause === undefined ? {} : { cause: loggableError(cause, []) },
  );
}

/**
 * A copy of a Redis client's error that can be logged: its name, code, message and stack, and the
 * errors in it. Nothing else is copied, because ioredis puts the whole command into its errors:
 * the session's data, or the password of an AUTH.
 *
 * @param secrets - The arguments that were sent, which servers may quote.
 */
export function loggableError(error: unknown, secrets: readonly string[]): Error {
  if (error instanceof SessionError) return error;
  if (!(error instanceof Error)) {
    return new Error("The client threw a value that is not an Error.");
  }
  const { name, message, stack, code, errors } = error as Error & Record<string, unknown>;
  const isCoded = typeof code === "string";
  const clean = new Error(withoutSecrets(message || (isCoded ? code : "(no message)"), secrets));
  clean.name = name;
  clean.stack = [`${name}: ${clean.message}`, ...(stack?.match(FRAMES) ?? [])].join("\n");
  if (isCoded) Object.assign(clean, { code });
  // A host name may have several addresses, each of which fails with an error of its own.
  if (Array.isArray(errors)) {
    Object.assign(clean, { errors: errors.map((one) => loggableError(one, secrets)) });
  }
  return clean;
}

/** The stack without the message that precedes it. */
const FRAMES = /^ +at .+$/gm;

/** Servers quote the beginning of an unknown command. */
const QUOTED_COMMAND = /,? with args beginning with:?[^]*/;

/** What may be a user name and a password: clients take a mistyped URL for a host or a path. */
const CREDENTIALS = /(?:\/\/[^]*|\S+)@/;

export function withoutCredentials(text: string): string {
  return text.replace(CREDENTIALS, "…@");
}

function withoutSecrets(message: string, secrets: readonly string[]): string {
  return secrets.reduce(
    (text, secret) => text.replaceAll(secret, "…"),
    withoutCredentials(message.replace(QUOTED_COMMAND, "")),
  );
}
