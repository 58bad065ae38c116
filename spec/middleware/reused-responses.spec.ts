import { expect } from "chai";
import { fileURLToPath } from "node:url";
import { ownResponse } from "../../lib/middleware/response-headers.js";
import { freePort } from "../support/free-port.js";
import { ServerProcess } from "../support/server-process.js";
import { waitUntil } from "../support/wait-until.js";

const PROGRAM = fileURLToPath(new URL("../support/programs/reused-responses.ts", import.meta.url));
const KINDS = ["a text", "a text without a type", "a text with a status", "bytes", "no body"];

interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Headers that belong to the connection. */
const HOP_HEADERS = ["connection", "date", "keep-alive", "transfer-encoding"];

const ADAPTERS: { entry: string; kinds: string[]; losesBodies?: boolean }[] = [
  { entry: "fast-fetch", kinds: KINDS },
  { entry: "native-fetch", kinds: ["no body"] },
  { entry: "whatwg-node", kinds: KINDS },
  // From the second time on, the adapter sends an empty body, but all headers.
  { entry: "node-fetch", kinds: KINDS, losesBodies: true },
];

for (const { entry, kinds, losesBodies } of ADAPTERS) {
  describe(`A Response object that answers many requests with ${entry}`, function () {
    this.timeout(60_000);
    let server: ServerProcess | undefined;
    let origin: string;

    before(async () => {
      const port = await freePort();
      origin = `http://127.0.0.1:${port}`;
      const args = ["--import", "ts-blank-space/register", PROGRAM, String(port), entry];
      const started = (server = await ServerProcess.start(process.execPath, args, "nodejs"));
      await waitUntil("the server", async () => {
        if (started.hasExited) throw new Error(started.output);
        return (await fetch(`${origin}/user`)).ok;
      });
    });

    after(() => server?.end("SIGKILL"));

    for (const kind of kinds) {
      it(`gives nobody the cookie of another visitor: ${kind}`, async () => {
        const url = `${origin}/${encodeURIComponent(kind)}`;
        const first = await answerOf(await get(url));
        for (let visit = 1; visit <= 10; visit++) {
          const login = await get(`${url}?user=ada${visit}`, "POST");
          const cookies = login.headers.getSetCookie();
          expect(cookies).to.have.lengthOf(1);
          expect(login.headers.get("cache-control")).to.match(/private/);
          expect(login.headers.get("cdn-cache-control")).to.equal(null);
          expect(login.status).to.equal(first.status);
          if (!losesBodies) expect(await login.text()).to.equal(first.body);
          const headers = { cookie: cookies[0]!.split(";", 1)[0]! };
          expect(await (await fetch(`${origin}/user`, { headers })).text()).to.equal(`ada${visit}`);

          const stranger = await get(url);
          expect(stranger.headers.getSetCookie()).to.deep.equal([]);
          expect(stranger.headers.get("cache-control")).to.equal(
            first.headers["cache-control"] ?? null,
          );
          if (!losesBodies) expect(await answerOf(stranger)).to.deep.equal(first);
        }
      });
    }
  });
}

describe("A Response object that cannot answer twice", () => {
  it("is not copied, because a copy turns its body into a stream", () => {
    const response = new Response("home");
    expect(ownResponse(response)).to.equal(response);
  });

  // Deno keeps texts under symbols of its own.
  it("is not taken for one that keeps its body", () => {
    const guard = { [Symbol("headers guard")]: "response" };
    const response = Object.assign(new Response("home"), guard);
    expect(ownResponse(response)).to.equal(response);
  });
});

async function get(url: string, method = "GET"): Promise<Response> {
  return fetch(url, { method, redirect: "manual" });
}

async function answerOf(response: Response): Promise<Answer> {
  const headers = Object.fromEntries(response.headers);
  for (const name of HOP_HEADERS) delete headers[name];
  return {
    status: response.status,
    statusText: response.statusText,
    headers,
    body: await response.text(),
  };
}
