import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import type { APIGatewayProxyStructuredResultV2 as Result } from "aws-lambda";
import awsLambdaAdapter from "@hattip/adapter-aws-lambda";
import { build } from "esbuild";
import { expect } from "chai";
import { CookieJar } from "tough-cookie";
import { temporaryFolder } from "../support/temporary-folder.js";
import { eventOfFormat1, eventOfFormat2, ORIGIN } from "./lambda-events.js";
import { COUNTER, MEMORY_STORE, Recipes } from "./recipes.js";

type LambdaFunction = (event: unknown, context: unknown) => Promise<Result>;

/** The adapter has two Set-Cookie headers to return in the response of this app. */
const APP = COUNTER.replace('return new Response("Visit', 'ctx.setCookie("theme", "dark"); $&');

describe("The recipe for AWS Lambda", () => {
  let recipes: Recipes;
  let handler: LambdaFunction;

  before(async () => {
    recipes = new Recipes("aws-lambda");
    recipes.add("store", MEMORY_STORE);
    recipes.add("handler", APP);
    recipes.write("lambda");
    ({ handler } = await recipes.import("lambda"));
  });
  after(() => recipes.remove());

  it("keeps a session from event to event", async () => {
    const visitor = new Visitor(handler);
    expect(await visitor.visit()).to.equal("Visit 1");
    expect(await visitor.visit()).to.equal("Visit 2");
    expect(await new Visitor(handler).visit()).to.equal("Visit 1");
  });

  it("returns each cookie of a response as API Gateway expects it", async () => {
    const { cookies, headers } = await handler(eventOfFormat2([]), {});
    expect(cookies).to.have.lengthOf(2);
    expect(cookies![0]).to.match(/^session=[\w-]{43}; .*Secure/);
    expect(cookies![1]).to.equal("theme=dark");
    expect(headers).to.not.have.property("set-cookie");
  });

  it("reads forms, which API Gateway encodes in base64", async () => {
    const visitor = new Visitor(handler);
    await visitor.visit();
    expect(await visitor.visit("name=Ada")).to.equal("Visit 2name=Ada");
  });

  // If a later adapter does it, the page can leave the recipe out.
  it("does what the adapter alone does not do", async () => {
    const { default: app } = await recipes.import("handler");
    const visitor = new Visitor(awsLambdaAdapter(app) as LambdaFunction);
    expect(await visitor.visit()).to.equal("Visit 1");
    expect(await visitor.visit()).to.equal("Visit 1");
  });

  it("cannot read events of format 1.0, as the page says", async () => {
    const outcome = await handler(eventOfFormat1([]), {}).catch(String);
    expect(outcome).to.match(/^TypeError: .*reading 'sourceIp'/);
  });

  it("runs as a bundle, without node_modules", async () => {
    const folder = temporaryFolder("lambda");
    try {
      await build({
        entryPoints: [`${recipes.path}/lambda.js`],
        outfile: `${folder.path}/index.mjs`,
        bundle: true,
        minify: true,
        platform: "node",
        format: "esm",
        logLevel: "warning",
      });
      expect(readFileSync(`${folder.path}/index.mjs`).length).to.be.below(300_000);
      const program = `import { handler } from "./index.mjs";
        console.log((await handler(${JSON.stringify(eventOfFormat2([]))}, {})).statusCode);`;
      const args = ["--input-type=module", "--eval", program];
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder.path });
      expect(stdout).to.equal("200\n");
    } finally {
      folder.remove();
    }
  });
});

/** A browser in front of API Gateway. */
class Visitor {
  readonly #handler: LambdaFunction;
  readonly #jar = new CookieJar();

  constructor(handler: LambdaFunction) {
    this.#handler = handler;
  }

  async visit(form?: string): Promise<string> {
    const cookies = this.#jar.getCookiesSync(ORIGIN).map((cookie) => cookie.cookieString());
    const result = await this.#handler(eventOfFormat2(cookies, form), {});
    for (const cookie of result.cookies!) this.#jar.setCookieSync(cookie, ORIGIN);
    return Buffer.from(result.body!, result.isBase64Encoded ? "base64" : "utf8").toString();
  }
}
