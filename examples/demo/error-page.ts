import type { RequestContext } from "@hattip/compose";
import { html as htmlResponse } from "@hattip/response";
import { SessionError, type SessionErrorCode } from "@hattip/session";
import { html, type Html } from "./html.js";
import { NoRedis } from "./redis.js";

interface Answer {
  readonly status: number;
  readonly advice: string;
}

/** The responses to session errors. After each of them, the session is unchanged. */
const ANSWERS: Partial<Record<SessionErrorCode, Answer>> = {
  ERR_SESSION_STORE: {
    status: 503,
    advice: "The store does not answer. If it is the Redis at REDIS_URL, start it. Then try again.",
  },
  ERR_SESSION_CONFLICT: {
    status: 409,
    advice: "Another request has changed or ended the session. Please try again.",
  },
  ERR_SESSION_COOKIE_TOO_LARGE: {
    status: 413,
    advice:
      "The data are too large for a cookie. Delete a note, or choose the memory or the redis store.",
  },
  ERR_SESSION_RECORD_TOO_LARGE: {
    status: 413,
    advice: "The data are too large for a session. Delete a note.",
  },
};

export function errorPage(error: unknown, ctx: RequestContext): Response {
  const { status, advice } = answerTo(error);
  if (status === 500) console.error(error);
  const page = html`<section class="card error" aria-labelledby="error">
    <h2 id="error">${error instanceof NoRedis ? "There is no Redis" : "The request failed"}</h2>
    <p>${advice}</p>
    ${error instanceof SessionError && html`<p><code>${error.code}</code></p>`}
    ${(status === 503 || status === 409) && tryAgain(ctx)}
    ${ctx.method === "POST" && html`<p><a href="${ctx.locals.site.path}/">Back</a></p>`}
  </section>`;
  return htmlResponse(page.text, { status });
}

function answerTo(error: unknown): Answer {
  if (error instanceof NoRedis) return { status: 503, advice: error.message };
  const answer = error instanceof SessionError ? ANSWERS[error.code] : undefined;
  return answer ?? { status: 500, advice: "The server has failed. The error is in its log." };
}

/** Sends the same form again, so that what the visitor has typed is not lost. */
function tryAgain({ method, url, locals }: RequestContext): Html {
  if (method !== "POST") return html`<p><a href="${url.pathname}">Try again</a></p>`;
  const fields = [...locals.form].map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  );
  return html`<form method="post" action="${url.pathname}">
    ${fields}<button class="primary">Try again</button>
  </form>`;
}
