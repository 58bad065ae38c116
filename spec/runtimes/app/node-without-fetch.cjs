// Uses the stores without session(), on a Node without Request, Response and a global crypto.
const { createServer } = require("node:http");
const library = require("@hattip/session");

if ("Response" in globalThis) throw new Error("This program needs a Node without the fetch API.");

async function main() {
  const { act } = await import("./actions.mjs");
  const { createStores } = await import("./stores.mjs");
  const { StoredSession } = await import("./stored-session.mjs");

  const stores = await createStores(library);

  async function answer(request, response) {
    const url = new URL(request.url, "http://127.0.0.1");
    const [, token] = /session=(.*)/.exec(request.headers.cookie ?? "") ?? [];
    const session = await StoredSession.load(stores[url.pathname.split("/")[1]], token);
    const body = await act(session, url);
    const issued = await session.commit();
    if (issued !== undefined) response.setHeader("set-cookie", `session=${issued}`);
    response.end(body);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.writeHead(500).end(String(error.stack)));
  });
  server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
}

void main();
