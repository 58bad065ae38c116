import { createRequire } from "node:module";
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import { TABLES } from "../../../examples/dynamodb-store.js";
import { freePort } from "../../support/free-port.js";
import { ServerProcess } from "../../support/server-process.js";
import { waitUntil } from "../../support/wait-until.js";

const CLI = createRequire(import.meta.url).resolve("dynalite/cli.js");
const WAIT_SECONDS = 20;

/** A server with the protocol of DynamoDB, which keeps its tables in memory. */
export class DynaliteServer {
  readonly port: number;
  readonly #process: ServerProcess;

  static async start(): Promise<DynaliteServer> {
    const port = await freePort();
    const args = [CLI, "--host", "127.0.0.1", "--port", `${port}`, "--createTableMs", "0"];
    const server = await ServerProcess.start(process.execPath, args, "nodejs");
    await waitUntil("dynalite", () => {
      if (server.hasExited) throw new Error(server.output);
      return server.output.includes("listening");
    });
    return new DynaliteServer(port, server);
  }

  private constructor(port: number, server: ServerProcess) {
    this.port = port;
    this.#process = server;
  }

  async createTables(): Promise<void> {
    const client = clientOf(this.port);
    for (const table of TABLES) {
      await client.send(new CreateTableCommand(table));
      await waitUntilTableExists({ client, maxWaitTime: WAIT_SECONDS, minDelay: 1 }, table);
    }
    client.destroy();
  }

  async stop(): Promise<void> {
    await this.#process.end("SIGTERM");
  }
}

export function clientOf(port: number, maxAttempts = 3): DynamoDBClient {
  return new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: "eu-west-1",
    credentials: { accessKeyId: "any", secretAccessKey: "any" },
    maxAttempts,
  });
}
