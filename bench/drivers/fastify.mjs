import fastify from "fastify";
import { expressExchange } from "./express.mjs";

/**
 * Calls a Fastify app with the requests and responses of the Express driver. The time includes
 * Fastify's router and reply, because its plugins run only inside them.
 */
export async function fastifyHandler(register) {
  const app = fastify();
  await register(app);
  app.get("/account", (request, reply) => {
    request.raw.action(request.session);
    return reply.send("ok");
  });
  await app.ready();
  return {
    close: () => app.close(),
    exchange: expressExchange,
    handle({ req, res }, action) {
      req.action = action;
      return new Promise((resolve) => {
        res.onEnd = () => resolve(res);
        app.routing(req, res);
      });
    },
  };
}
