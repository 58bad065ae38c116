import { randomBytes } from "node:crypto";
import { Document } from "./document.js";
import { PageApp, type PageAppOptions, replaced } from "./page-app.js";
import { Visitor } from "./visitor.js";

const TOMORROW = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);

type Edit = NonNullable<PageAppOptions["edit"]>;

/** The switch from another library, as a migration page shows it, with the recipe of that page. */
export class Switch {
  readonly page: Document;
  readonly #redisUrl: string;
  readonly #oldKey = randomBytes(32).toString("base64url");
  readonly #newKey = randomBytes(32).toString("base64url");

  constructor(path: string, redisUrl: string) {
    this.page = new Document(path);
    this.#redisUrl = redisUrl;
  }

  startOld(edit?: Edit): Promise<PageApp> {
    const env = { SESSION_KEY: this.#oldKey, REDIS_URL: this.#redisUrl };
    return PageApp.start(this.page, "before", edit ? { env, edit } : { env });
  }

  /** With the recipe. `until` is the last day of the old cookies, in the recipes that know one. */
  startNew({ until = TOMORROW, edit }: { until?: string; edit?: Edit } = {}): Promise<PageApp> {
    return PageApp.start(this.page, "after", {
      env: {
        SESSION_KEY: this.#newKey,
        OLD_SESSION_KEY: this.#oldKey,
        OLD_SESSIONS_UNTIL: until,
        REDIS_URL: this.#redisUrl,
      },
      edit: (text, fileName) => {
        const complete = fileName === "after.mjs" ? withRecipe(text) : text;
        return edit?.(complete, fileName) ?? complete;
      },
    });
  }

  /** A guest of the old app, and people who have logged in to it. It has stopped since. */
  async visitOld(count: number, edit?: Edit): Promise<[Visitor, Visitor[]]> {
    const guest = new Visitor();
    const people = Array.from({ length: count }, () => new Visitor());
    const app = await this.startOld(edit);
    try {
      await guest.get(app.origin);
      for (const visitor of people) await visitor.post(`${app.origin}/login`);
      return [guest, people];
    } finally {
      await app.stop();
    }
  }
}

/** Changes a part of one of the page's files, which must be there. */
export function inFile(name: string, part: string | RegExp, by: string): Edit {
  return (text, fileName) => (fileName === name ? replaced(text, part, by) : text);
}

/** Adds the recipe where the page says, an output of the events, and pages that fail or redirect. */
function withRecipe(program: string): string {
  const withEvents = replaced(
    program,
    "defaultSessionData: { visits: 0 },",
    "$&\n    onEvent: (event) => console.log(JSON.stringify(event)),",
  );
  const mounted = replaced(withEvents, 'app.get("/",', "app.use(recipe.keepLoggedIn);\n\n$&");
  // Not all recipes have this half.
  const both = replaced(
    mounted,
    "app.use(cookie());",
    "$&\nif (recipe.readOldSession) app.use(recipe.readOldSession);",
  );
  const withPages = replaced(
    both,
    "createServer(app.buildHandler())",
    `app.get("/broken", () => {
  throw new Error("This page is broken");
});
// No store has so much room.
app.get("/unsaved", (ctx) => {
  ctx.session.data.text = "x".repeat(70_000);
  return text("Saved");
});
// The headers of this response cannot be changed.
app.get("/elsewhere", () => Response.redirect("http://localhost/"));

$&`,
  );
  return `import * as recipe from "./keep-logged-in.mjs";\n${withPages}`;
}
