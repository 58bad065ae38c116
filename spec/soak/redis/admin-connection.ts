import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A connection that stays open, for commands that must come fast or while no other client may connect. */
export class AdminConnection {
  readonly #socket: Socket;

  static async to(port: number): Promise<AdminConnection> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new AdminConnection(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket.setEncoding("utf8");
  }

  /** Sends a command without spaces in its arguments. Rejects if the server refuses it. */
  async send(command: string): Promise<void> {
    this.#socket.write(`${command}\r\n`);
    const [reply] = (await once(this.#socket, "data")) as [string];
    if (reply.startsWith("-")) throw new Error(`${command}: ${reply.trim()}`);
  }

  close(): void {
    this.#socket.destroy();
  }
}
