import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

type Fault = "none" | "hang" | "refuse" | "cut before request" | "cut before reply";

/**
 * A network with faults on demand. The proxy forwards bytes to a loopback port. A fault affects
 * open and new connections, and lasts until the next call.
 */
export class TcpProxy {
  readonly #targetPort: number;
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  #port = 0;
  #fault: Fault = "none";
  #cutsLeft = 0;
  #latency = 0;
  #endHang = () => {};
  #hangEnded: Promise<void> = Promise.resolve();

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

  /** Ends every fault. Bytes that were held by `hang()` are delivered now, as in a real network. */
  async pass(): Promise<void> {
    await this.#become("none");
  }

  /** Delays every reply. */
  async delay(milliseconds: number): Promise<void> {
    await this.#become("none");
    this.#latency = milliseconds;
  }

  /** Accepts connections and keeps them open, but forwards no bytes. */
  async hang(): Promise<void> {
    await this.#become("hang");
    this.#hangEnded = new Promise((resolve) => (this.#endHang = resolve));
  }

  /** Refuses new connections (ECONNREFUSED) and closes the open ones. */
  async refuse(): Promise<void> {
    await this.#become("refuse");
    const closed = once(this.#server, "close");
    this.#server.close();
    this.closeAll();
    await closed;
  }

  /** Closes the connection when a request arrives. The server never sees the request. */
  async cutBeforeRequest(times = Infinity): Promise<void> {
    await this.#become("cut before request");
    this.#cutsLeft = times;
  }

  /** Closes the connection before the reply arrives. The server has processed the request. */
  async cutBeforeReply(times = Infinity): Promise<void> {
    await this.#become("cut before reply");
    this.#cutsLeft = times;
  }

  /** Closes every open connection. New connections are accepted. */
  closeAll(): void {
    for (const client of this.#clients) client.destroy();
  }

  async close(): Promise<void> {
    this.#endHang();
    if (this.#server.listening) await this.refuse();
  }

  async #become(fault: Fault): Promise<void> {
    this.#fault = fault;
    this.#latency = 0;
    this.#endHang();
    if (fault !== "refuse" && !this.#server.listening) await this.#listen();
  }

  /** Listens on the same port as before, so that a client can reconnect. */
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
        await this.#hangEnded;
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
      to.destroy(); // the proxy forwards a closed connection, too; it is no error of the proxy
    }
  }
}
