import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

type Fault = "none" | "hang" | "refuse" | "cut before request" | "cut before reply";

/**
 * A network that misbehaves on demand: stands in front of a loopback port and passes the bytes on
 * until it is told otherwise. A fault befalls open connections and new ones alike, and stays until
 * the next call.
 */
export class TcpProxy {
  readonly #targetPort: number;
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  #port = 0;
  #fault: Fault = "none";
  #cutsLeft = 0;
  #latency = 0;
  #thaw = () => {};
  #thawed: Promise<void> = Promise.resolve();

  static async to(targetPort: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(targetPort);
    await proxy.#listen();
    return proxy;
  }

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((client) => this.#accept(client));
  }

  get port(): number {
    return this.#port;
  }

  get connections(): number {
    return this.#clients.size;
  }

  /** Everything works again; what hung is delivered now, as a healed network would. */
  async pass(): Promise<void> {
    await this.#become("none");
  }

  /** Every reply comes this many milliseconds later. */
  async delay(milliseconds: number): Promise<void> {
    await this.#become("none");
    this.#latency = milliseconds;
  }

  /** Connections are accepted and stay open, and not a byte comes through. */
  async hang(): Promise<void> {
    await this.#become("hang");
    this.#thawed = new Promise((resolve) => (this.#thaw = resolve));
  }

  /** Nobody listens (ECONNREFUSED), and what was connected is not any more. */
  async refuse(): Promise<void> {
    await this.#become("refuse");
    const closed = once(this.#server, "close");
    this.#server.close();
    this.closeAll();
    await closed;
  }

  /** The connection drops when a request arrives, and the server never sees it. */
  async cutBeforeRequest(times = Infinity): Promise<void> {
    await this.#become("cut before request");
    this.#cutsLeft = times;
  }

  /** The server has carried the request out, but the connection drops before the reply arrives. */
  async cutBeforeReply(times = Infinity): Promise<void> {
    await this.#become("cut before reply");
    this.#cutsLeft = times;
  }

  /** Drops every open connection once; new ones are welcome. */
  closeAll(): void {
    for (const client of this.#clients) client.destroy();
  }

  async close(): Promise<void> {
    this.#thaw();
    if (this.#server.listening) await this.refuse();
  }

  async #become(fault: Fault): Promise<void> {
    this.#fault = fault;
    this.#latency = 0;
    this.#thaw();
    if (fault !== "refuse" && !this.#server.listening) await this.#listen();
  }

  /** On the same port as before, so that a client's reconnection finds it. */
  async #listen(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  #accept(client: Socket): void {
    const target = connect(this.#targetPort, "127.0.0.1");
    this.#clients.add(client);
    client.on("close", () => {
      this.#clients.delete(client);
      target.destroy();
    });
    target.on("close", () => client.end());
    void this.#carry("cut before request", client, target);
    void this.#carry("cut before reply", target, client);
  }

  async #carry(cut: Fault, from: Socket, to: Socket): Promise<void> {
    try {
      for await (const chunk of from) {
        await this.#thawed;
        if (this.#fault === cut && this.#cutsLeft > 0) {
          this.#cutsLeft -= 1;
          from.destroy();
          to.destroy();
          return;
        }
        if (cut === "cut before reply" && this.#latency > 0) await sleep(this.#latency);
        if (!to.destroyed) to.write(chunk);
      }
      to.end();
    } catch {
      to.destroy(); // a dropped connection is what a proxy passes on, not an error of its own
    }
  }
}
