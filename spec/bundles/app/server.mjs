import { createServer } from "@hattip/adapter-node";
import { EncryptedCookieStore, session } from "@hattip/session";
import { webcrypto } from "node:crypto";
import { createApp } from "./visits.mjs";
import { countWebCryptoCalls } from "./web-crypto-calls.mjs";

countWebCryptoCalls(webcrypto.subtle);

const server = createServer(createApp({ EncryptedCookieStore, session }));
server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
