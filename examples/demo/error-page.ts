import { html as htmlResponse } from "@hattip/response";
import { SessionError, type SessionErrorCode } from "@hattip/session";
import { html } from "./html.js";

/**
 * What to answer when a session cannot be had or kept. The session is as it was before the request.
 */
const ANSWERS: Partial<Record<SessionErrorCode, readonly [status: number, advice: string]>> = {
  ERR_SESSION_STORE: [
    503,
    "The store does not answer. For Redis: apt-get install redis-server, run redis-server, and reload.",
  ],
  ERR_SESSION_CONFLICT: [409, "The session has changed or ended meanwhile. Please try again."],
  ERR_SESSION_COOKIE_TOO_LARGE: [
    413,
    "That is more than fits into a cookie. Delete a note, or take a store that is not a cookie.",
  ],
  ERR_SESSION_RECORD_TOO_LARGE: [413, "That is more than a session may hold. Delete a note."],
};

export function errorPage(error: unknown): Response {
  const answer = error instanceof SessionError ? ANSWERS[error.code] : undefined;
  if (!answer) console.error(error);
  const [status, advice] = answer ?? [500, "The server made a mistake, which is in its log."];
  const page = html`<section class="card error" aria-labelledby="error">
    <h2 id="error">That did not work</h2>
    <p>${advice}</p>
    ${error instanceof SessionError && html`<p><code>${error.code}</code></p>`}
    <p><a href="./">Back</a></p>
  </section>`;
  return htmlResponse(page.text, { status });
}
