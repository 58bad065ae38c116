/** The message of an error and those of its causes, without what differs between runs. */
export function messageOf(error: unknown): string {
  const messages: string[] = [];
  for (let one = error; one instanceof Error && messages.length < 4; one = one.cause) {
    const { code, message } = one as Error & { code?: unknown };
    const sentence = message === "" && typeof code === "string" ? code : message;
    messages.push(sentence.replaceAll(/\b\d{4,5}\b/g, "<port>"));
  }
  return messages.join(" <- ") || String(error);
}
