// Node loads this file before the app. It redirects connections from Redis' default port, which the
// documented call uses, to the Redis of this run: another Redis may listen on the default port.
"use strict";
const net = require("node:net");

const { createConnection } = net;
net.createConnection = (options, ...rest) => {
  const port = options.port === 6379 ? Number(process.env.REDIS_PORT) : options.port;
  return createConnection({ ...options, port }, ...rest);
};
