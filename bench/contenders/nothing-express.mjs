import { expressExchange, expressHandler, setCookiesOf } from "../drivers/express.mjs";

export const title = "no session: the Express driver alone";
export const packages = [];
export const kinds = ["nothing"];

export function open() {
  const nothing = () => {};
  return {
    actions: { seed: nothing, read: nothing, write: nothing, dump: () => ({}) },
    exchange: expressExchange,
    setCookiesOf,
    handle: expressHandler((_req, _res, next) => next()),
  };
}
