import { expect } from "chai";
import { DeviceBinding } from "../../lib/index.js";
import { app, type App } from "../support/app.js";
import { BindingBrowser } from "../support/binding-browser.js";
import { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { EventLog } from "../support/event-log.js";
import { BACKENDS, type ExternalBackend } from "../support/external-backends.js";

const PROOF_SECONDS = 300;

/*
 * Malware that copies both cookies from a browser, and sends them from another machine.
 */
for (const [name, start] of Object.entries(BACKENDS)) {
  describe(`Over ${name}, cookies copied from a bound session`, () => {
    let clock: Clock;
    let backend: ExternalBackend;
    let log: EventLog;
    let site: App;
    let owner: BindingBrowser;
    let thief: Browser;

    before(async () => {
      backend = await start();
    });
    after(() => backend?.stop());
    beforeEach(async () => {
      clock = new Clock();
      log = new EventLog();
      await backend.clear();
      site = app(
        {
          store: backend.open(),
          deviceBinding: new DeviceBinding({ proofSeconds: PROOF_SECONDS }),
          onEvent: log.onEvent,
        },
        {
          "/": ({ session: { data, isDeviceBound } }) => ({ ...data, isDeviceBound }),
          "/login": async ({ session }) => {
            await session.regenerate();
            session.data.user = "ada";
          },
        },
      );
      owner = new BindingBrowser(site);
      await owner.post("/login");
      thief = new Browser(site, { jar: owner.jar.cloneSync() });
    });
    afterEach(async () => {
      clock.restore();
      await backend.closeStores();
    });

    const view = async (browser: Browser): Promise<unknown> => (await browser.get("/")).json();

    it("log nobody in when the proof has ended, whatever its owner does", async () => {
      expect(log.types).to.deep.equal(["saved", "binding-offered", "bound"]);
      expect(await view(owner)).to.deep.equal({ user: "ada", isDeviceBound: true });
      expect(await view(thief)).to.deep.equal({ user: "ada", isDeviceBound: true });
      clock.pass(PROOF_SECONDS + 1);
      expect(await view(owner)).to.deep.equal({ user: "ada", isDeviceBound: true });
      expect(await view(thief)).to.deep.equal({ isDeviceBound: false });
    });
  });
}
