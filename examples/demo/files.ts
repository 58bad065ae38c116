import { readFileSync } from "node:fs";
import type { RequestHandler } from "@hattip/compose";

const TYPES = {
  "style.css": "text/css; charset=utf-8",
  "countdown.js": "text/javascript; charset=utf-8",
};

/** Serves the two static files, which are read once. */
export function files(): RequestHandler {
  const contents = new Map(
    Object.entries(TYPES).map(([name, type]) => [
      `/${name}`,
      { type, text: readFileSync(new URL(name, import.meta.url), "utf8") },
    ]),
  );
  return (ctx) => {
    const file = contents.get(ctx.url.pathname);
    return file && new Response(file.text, { headers: { "content-type": file.type } });
  };
}
