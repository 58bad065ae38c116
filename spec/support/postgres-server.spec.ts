import { expect } from "chai";
import pg from "pg";
import { PostgresServer } from "./postgres-server.js";

describe("PostgresServer", () => {
  it("answers a query", async () => {
    const server = await PostgresServer.start();
    const client = new pg.Client(server.connection);
    try {
      await client.connect();
      const { rows } = await client.query("select 1 + 1 as sum");
      expect(rows).to.deep.equal([{ sum: 2 }]);
    } finally {
      await client.end();
      await server.stop();
    }
  });
});
