/**
 * The error of a Redis client as a cause that can be logged. Taken over are the name, the code, the
 * message, where it was thrown and, cleaned likewise, the errors in it. Nothing else: ioredis puts
 * the whole command into its errors, the session's data with it, and a password if it was AUTH.
 *
 * @param secrets - What was sent, which servers may quote.
 */
export function loggableError(error: unknown, secrets: readonly string[]): Error {
  const { name, message, code, errors, stack } = asError(error);
  const clean = new Error(withoutSecrets(message || code || "(no message)", secrets));
  clean.name = name;
  clean.stack = [`${name}: ${clean.message}`, ...(stack?.match(FRAMES) ?? [])].join("\n");
  if (code !== undefined) Object.assign(clean, { code });
  // A host name may have several addresses, each refusing in its own way.
  if (errors) Object.assign(clean, { errors: errors.map((one) => loggableError(one, secrets)) });
  return clean;
}

/** Where it was thrown, without the message that stands before. */
const FRAMES = /^ +at .+$/gm;

interface Loggable {
  name: string;
  message: string;
  stack?: string;
  code?: string;
  errors?: unknown[];
}

function asError(error: unknown): Loggable {
  if (!(error instanceof Error)) return { name: "Error", message: "What was thrown is no error." };
  const { name, message, stack, code, errors } = error as Error & {
    code?: unknown;
    errors?: unknown;
  };
  return {
    name,
    message,
    ...(stack !== undefined && { stack }),
    ...(typeof code === "string" && { code }),
    ...(Array.isArray(errors) && { errors }),
  };
}

/** Servers quote the beginning of a command that they do not know. */
const QUOTED_COMMAND = /,? with args beginning with:?[^]*/;

function withoutSecrets(message: string, secrets: readonly string[]): string {
  return secrets.reduce(
    (text, secret) => text.replaceAll(secret, "…"),
    message.replace(QUOTED_COMMAND, ""),
  );
}
