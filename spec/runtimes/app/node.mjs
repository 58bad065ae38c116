import { createServer } from "@hattip/adapter-node";
import { compose } from "@hattip/compose";
import { cookie } from "@hattip/cookie";
import * as library from "@hattip/session";
import { createApp } from "./app.mjs";

const server = createServer(await createApp({ compose, cookie, library }));
server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
