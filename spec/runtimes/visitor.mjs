/** A client of the app. It keeps the token that it receives and sends it back. */
export class Visitor {
  token;
  #send;
  #store;

  constructor(send, store, token) {
    this.#send = send;
    this.#store = store;
    this.token = token;
  }

  /**
   * Does an action. Returns the session after it, whether the session is fresh, and the new token.
   */
  async do(action, query = {}) {
    const path = `/${this.#store}/${action}?${new URLSearchParams(query)}`;
    const { status, body, issued } = await this.#send(path, this.token);
    if (status !== 200) throw new Error(`${path} answered ${status}: ${body}`);
    if (issued !== null) this.token = issued === "" ? undefined : issued;
    return { ...JSON.parse(body), issued };
  }
}
