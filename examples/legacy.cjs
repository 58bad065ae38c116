// A CommonJS app for Node 16.9 and newer. Hattip's other packages are ES modules, so the app loads
// them by import() when it starts.
//
//     node legacy.cjs
"use strict";

const { EncryptedCookieStore, session } = require("@hattip/session");

async function start(port) {
  const { createServer } = await import("@hattip/adapter-node");
  const { cookie } = await import("@hattip/cookie");
  const { compose } = await import("@hattip/compose");

  const key = process.env.SESSION_KEY;
  const keys = [key || (await EncryptedCookieStore.generateKey())];
  const handler = compose(
    cookie(),
    session({ store: new EncryptedCookieStore(keys), defaultSessionData: { visits: 0 } }),
    (ctx) => {
      ctx.session.data.visits += 1;
      return new Response(`Visit number ${ctx.session.data.visits}`);
    },
  );
  const server = createServer(handler).listen(port, "localhost", () => {
    console.log(`http://localhost:${server.address().port}`);
  });
}

start(Number(process.env.PORT || 3000)).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
