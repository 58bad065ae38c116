// The same server in CommonJS: a bundler finds the package's CommonJS build by require().
const { createServer } = require("@hattip/adapter-node");
const { EncryptedCookieStore, session } = require("@hattip/session");
const { webcrypto } = require("node:crypto");
const { createApp } = require("./visits.mjs");
const { countWebCryptoCalls } = require("./web-crypto-calls.mjs");

countWebCryptoCalls(webcrypto.subtle);

const server = createServer(createApp({ EncryptedCookieStore, session }));
server.listen(0, "127.0.0.1", () => console.log(`port ${server.address().port}`));
