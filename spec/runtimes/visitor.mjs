/** A client of the app: keeps the token that it is given and sends it along. */
export class Visitor {
  token;
  #send;
  #store;

  constructor(send, store, token) {
    this.#send = send;
    this.#store = store;
    this.token = token;
  }

  /** The session after the action, whether it began with it, and the token that was issued. */
  async do(action, query = {}) {
    const path = `/${this.#store}/${action}?${new URLSearchParams(query)}`;
    const { status, body, issued } = await this.#send(path, this.token);
    if (status !== 200) throw new Error(`${path} answered ${status}: ${body}`);
    if (issued !== null) this.token = issued === "" ? undefined : issued;
    return { ...JSON.parse(body), issued };
  }
}
