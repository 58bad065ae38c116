// Loaded before the app: Redis' default port, which the documented call means, leads to the server
// of this run. Another one may be at home there.
"use strict";
const net = require("node:net");

const { createConnection } = net;
net.createConnection = (options, ...rest) => {
  const port = options.port === 6379 ? Number(process.env.REDIS_PORT) : options.port;
  return createConnection({ ...options, port }, ...rest);
};
