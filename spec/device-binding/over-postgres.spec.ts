import { cookie } from "@hattip/cookie";
import { DeviceBinding, session } from "@hattip/session";
import { expect } from "chai";
import { once } from "node:events";
import { Pool } from "pg";
import { CREATE_TABLE, PostgresSessionStore } from "../../examples/postgres-store.js";
import { answer, appOf } from "../support/app.js";
import { BindingBrowser } from "../support/binding-browser.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { PATIENT } from "../support/patient.js";
import { PostgresServer } from "../support/postgres-server.js";
import { viewOf } from "../support/bound-site.js";

const PROOF_SECONDS = 300;

describe("Over PostgreSQL, with the example PostgresSessionStore, a bound session", () => {
  const ends: Promise<unknown>[] = [];
  let server: PostgresServer;
  let pool: Pool;
  let clock: Clock;

  before(async function () {
    this.timeout(60_000);
    server = await PostgresServer.start();
    pool = new Pool({ ...server.connection, max: 4 });
    pool.on("connect", (client) => ends.push(once(client, "end")));
    await pool.query(CREATE_TABLE);
    clock = new Clock();
  });
  after(async () => {
    clock?.restore();
    await pool?.end();
    await Promise.all(ends);
    await server?.stop();
  });

  it("is bound, changed, moved, refreshed and ended, and worth nothing to a thief", async () => {
    // The row must outlive the time that passes here only for this process.
    const store = new PostgresSessionStore({
      pool,
      timeout: PATIENT,
      owner: (data) => (data as { user?: string }).user,
    });
    const events: string[] = [];
    const site = appOf(
      cookie(),
      session({
        store,
        deviceBinding: new DeviceBinding({ proofSeconds: PROOF_SECONDS }),
        onEvent: ({ type }) => events.push(type),
      }),
      answer({
        "/": ({ session: { data, isDeviceBound } }) => ({ ...data, isDeviceBound }),
        "/login": async (ctx) => {
          await ctx.session.regenerate();
          ctx.session.data["user"] = "ada";
        },
        "/save": ({ session: its }) => void (its.data["saved"] = true),
        "/update": ({ session: its }) => its.update((data) => void (data["updated"] = true)),
      }),
    );
    const owner = new BindingBrowser(site);
    await owner.post("/login");
    expect(events.splice(0)).to.deep.equal(["saved", "binding-offered", "bound"]);

    await Promise.all([owner.post("/save"), owner.post("/update")]);
    await owner.post("/login");
    const { rows } = await pool.query("SELECT record FROM sessions WHERE record LIKE 'device=%'");
    expect(rows).to.have.length(1);
    const { x, y } = owner.device!.jwk;
    expect(rows[0].record).to.include(`.ES256.${x}.${y} 1.`);

    const thief = new Browser(site);
    for (const name of ["session", "session-proof"]) thief.setCookie(name, owner.cookie(name)!);
    const seen = { user: "ada", saved: true, updated: true, isDeviceBound: true };
    expect(await viewOf(thief)).to.deep.equal(seen);
    clock.pass(PROOF_SECONDS);
    expect(await viewOf(thief)).to.deep.equal({ isDeviceBound: false });
    expect(await viewOf(owner)).to.deep.equal(seen);
    expect(await viewOf(thief)).to.deep.equal({ isDeviceBound: false });
    expect(events).to.include("proved");

    expect(await store.endSessionsOf("ada")).to.equal(1);
    clock.pass(PROOF_SECONDS);
    expect(await viewOf(owner)).to.deep.equal({ isDeviceBound: false });
    expect(owner.instructions).to.equal(undefined);
    expect(site.errors).to.deep.equal([]);
  });
});
