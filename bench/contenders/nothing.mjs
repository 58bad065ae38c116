import { hattipExchange, hattipHandler, setCookiesOf } from "../drivers/fetch.mjs";

export const title = "no session: the fetch driver alone";
export const packages = [];
export const kinds = ["nothing"];

export function open() {
  const nothing = () => {};
  return {
    actions: { seed: nothing, read: nothing, write: nothing, dump: () => ({}) },
    exchange: hattipExchange,
    setCookiesOf,
    handle: hattipHandler((ctx) => ctx.next()),
  };
}
