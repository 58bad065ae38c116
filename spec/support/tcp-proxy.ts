import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

type Fault = "none" | "hang" | "blackhole" | "refuse" | "cut before request" | "cut before reply";

/** After so long without a reply, no bytes wait. */
const IDLE_MS = 50;

/** A client's connection, and the one to the target. */
interface Connection {
  readonly client: Socket;
  readonly target: Socket;
  /** Its bytes are dropped, both ways, and no end learns that the other one has closed it. */
  isDropped: boolean;
}

/**
 * A network with faults on demand. The proxy forwards bytes to a loopback port. A fault affects
 * open and new connections, and lasts until the next call.
 */
export class TcpProxy {
  #targetPort: number;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #port = 0;
  #accepted = 0;
  #fault: Fault = "none";
  #cutsLeft = 0;
  #latency = 0;
  #bytesPerSecond = Infinity;
  /** When the link has carried all replies so far, by performance.now(). */
  #linkIsFreeAtMs = 0;
  #lastDeliveryMs = -Infinity;
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

  /** The number of connections that clients have opened so far. */
  get accepted(): number {
    return this.#accepted;
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

  /**
   * Drops all bytes, both ways, and lets new connections hang. These connections stay dead after
   * `pass()`, because bytes are missing in their streams.
   */
  async blackhole(): Promise<void> {
    await this.#become("blackhole");
    this.dropSilently();
  }

  /** Drops the bytes of every open connection from now on, as a firewall does. New ones work. */
  dropSilently(): void {
    for (const connection of this.#connections) connection.isDropped = true;
  }

  /** Carries all replies together at this rate. */
  async throttle(bytesPerSecond: number): Promise<void> {
    await this.#become("none");
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Connects new connections to another server. The open ones stay where they are. */
  retarget(port: number): void {
    this.#targetPort = port;
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
    for (const { client } of this.#connections) client.destroy();
  }

  /** Resets every open connection (ECONNRESET). New connections are accepted. */
  resetAll(): void {
    for (const { client } of this.#connections) client.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.#endHang();
    if (this.#server.listening) await this.refuse();
  }

  async #become(fault: Fault): Promise<void> {
    this.#fault = fault;
    this.#latency = 0;
    this.#bytesPerSecond = Infinity;
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
    const connection = { client, target, isDropped: this.#fault === "blackhole" };
    this.#connections.add(connection);
    this.#accepted++;
    client.on("close", () => {
      this.#connections.delete(connection);
      target.destroy();
    });
    target.on("close", () => connection.isDropped || client.end());
    void this.#carry("cut before request", connection, client, target);
    void this.#carry("cut before reply", connection, target, client);
  }

  async #carry(cut: Fault, connection: Connection, from: Socket, to: Socket): Promise<void> {
    try {
      for await (const chunk of from) {
        await this.#hangEnded;
        if (this.#fault === cut && this.#cutsLeft > 0) {
          this.#cutsLeft -= 1;
          from.destroy();
          to.destroy();
          return;
        }
        if (cut === "cut before reply") await this.#delivery(chunk as Buffer);
        if (!connection.isDropped && !to.destroyed) to.write(chunk);
      }
      if (!connection.isDropped) to.end();
    } catch {
      // The proxy forwards a closed connection, too; it is no error of the proxy.
      if (!connection.isDropped) to.destroy();
    }
  }

  /** The time that a reply is on its way. */
  async #delivery({ byteLength }: Buffer): Promise<void> {
    if (this.#latency > 0) await sleep(this.#latency);
    if (this.#bytesPerSecond === Infinity) return;
    const nowMs = performance.now();
    const isIdle = nowMs - this.#lastDeliveryMs > IDLE_MS;
    if (isIdle) this.#linkIsFreeAtMs = Math.max(nowMs, this.#linkIsFreeAtMs);
    // While bytes wait, the link makes up for timers that are late on a busy machine.
    this.#linkIsFreeAtMs += (byteLength * 1000) / this.#bytesPerSecond;
    await sleep(this.#linkIsFreeAtMs - nowMs);
    this.#lastDeliveryMs = performance.now();
  }
}
