// The library is required first, so that it loads before the adapter's polyfills.
const library = require("@hattip/session");

async function main() {
  const { createServer } = await import("@hattip/adapter-node");
  const { compose } = await import("@hattip/compose");
  const { cookie } = await import("@hattip/cookie");
  const { createApp } = await import("./app.mjs");

  const server = createServer(await createApp({ compose, cookie, library }));
  server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
}

void main();
