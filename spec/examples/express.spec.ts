import { expect } from "chai";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

// The example reads the key when it is imported.
process.env.SESSION_KEY ??= randomBytes(32).toString("base64url");
const { createApp } = await import("../../examples/express.js");

describe("The example express", () => {
  let server: Server;
  let origin: string;

  before(async () => {
    server = createApp().listen(0, "127.0.0.1");
    await once(server, "listening");
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });

  it("keeps a session on the pages of Hattip", async () => {
    const first = await fetch(origin);
    expect(await first.text()).to.equal("Visit number 1");
    const [cookie] = first.headers.getSetCookie()[0]!.split(";");
    const second = await fetch(origin, { headers: { cookie: cookie! } });
    expect(await second.text()).to.equal("Visit number 2");
  });

  it("lets Express serve its own pages, before and after Hattip", async () => {
    const health = await fetch(`${origin}/health`);
    expect(await health.text()).to.equal("Express is well");
    expect(health.headers.get("set-cookie")).to.equal(null);
    const unknown = await fetch(`${origin}/unknown`);
    expect(unknown.status).to.equal(404);
    expect(await unknown.text()).to.include("Express");
  });
});
