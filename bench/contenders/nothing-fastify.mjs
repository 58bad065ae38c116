import { setCookiesOf } from "../drivers/express.mjs";
import { fastifyHandler } from "../drivers/fastify.mjs";

export const title = "no session: the Fastify driver alone";
export const packages = [];
export const kinds = ["nothing"];

export async function open() {
  const nothing = () => {};
  return {
    actions: { seed: nothing, read: nothing, write: nothing, dump: () => ({}) },
    ...(await fastifyHandler(() => {})),
    setCookiesOf,
  };
}
