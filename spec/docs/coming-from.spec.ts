import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { RedisServer } from "../support/redis-server.js";
import { documents } from "./document.js";
import { PageApp, type Side } from "./page-app.js";
import { Visitor } from "./visitor.js";

/** Each page has the same small app twice. The spec sends these requests to both. */
const WALK = ["GET /", "GET /", "POST /login", "GET /", "POST /logout", "GET /"];
const ANSWERS = [
  "Hello, guest: visit 1",
  "Hello, guest: visit 2",
  "303",
  "Hello, Ada: visit 3",
  "303",
  "Hello, guest: visit 1",
];

describe("A migration guide", () => {
  let redis: RedisServer;
  before(async () => (redis = await RedisServer.start()));
  after(() => redis.stop());

  for (const page of documents().filter(({ path }) => path.includes("/coming-from-"))) {
    for (const side of ["before", "after"] as Side[]) {
      it(`has apps with the same behaviour before and after (${page.path}, ${side})`, async () => {
        const key = randomBytes(32).toString("base64url");
        const app = await PageApp.start(page, side, {
          env: { SESSION_KEY: key, REDIS_URL: redis.url },
        });
        try {
          expect(await walk(app.origin)).to.deep.equal(ANSWERS);
        } finally {
          await app.stop();
        }
      });
    }
  }
});

async function walk(origin: string): Promise<string[]> {
  const visitor = new Visitor();
  const answers: string[] = [];
  for (const step of WALK) {
    const [method, path] = step.split(" ") as [string, string];
    const url = origin + path;
    answers.push(await (method === "GET" ? visitor.get(url) : visitor.post(url)));
  }
  return answers;
}
