import { html as htmlResponse } from "@hattip/response";
import { SessionError, type SessionErrorCode } from "@hattip/session";
import { html } from "./html.js";

/** The responses to session errors. After each of them, the session is unchanged. */
const ANSWERS: Partial<Record<SessionErrorCode, readonly [status: number, advice: string]>> = {
  ERR_SESSION_STORE: [
    503,
    "The store does not answer. If it is Redis: install it (apt-get install redis-server), start redis-server, and reload the page.",
  ],
  ERR_SESSION_CONFLICT: [
    409,
    "Another request has changed or ended the session. Please try again.",
  ],
  ERR_SESSION_COOKIE_TOO_LARGE: [
    413,
    "The data are too large for a cookie. Delete a note, or choose the memory or the redis store.",
  ],
  ERR_SESSION_RECORD_TOO_LARGE: [413, "The data are too large for a session. Delete a note."],
};

export function errorPage(error: unknown): Response {
  const answer = error instanceof SessionError ? ANSWERS[error.code] : undefined;
  if (!answer) console.error(error);
  const [status, advice] = answer ?? [500, "The server has failed. The error is in its log."];
  const page = html`<section class="card error" aria-labelledby="error">
    <h2 id="error">The request failed</h2>
    <p>${advice}</p>
    ${error instanceof SessionError && html`<p><code>${error.code}</code></p>`}
    <p><a href="./">Back</a></p>
  </section>`;
  return htmlResponse(page.text, { status });
}
