import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { contractInWorker, inTheWorker } from "../support/contract-in-worker.js";
import { waitUntil } from "../support/wait-until.js";
import { bundleForWorkers } from "../support/worker-bundle.js";
import { Worker } from "../support/worker.js";

const PROGRAM = new URL("./durable-object-worker.ts", import.meta.url);

describe("The example DurableObjectSessionStore", () => {
  let worker: Worker;

  before(async function () {
    this.timeout(60_000);
    worker = await Worker.start(await bundleForWorkers(PROGRAM), {
      durableObjects: { SESSIONS: "SessionObject", BROKEN: "BrokenObject" },
    });
  });
  after(() => worker?.stop());

  contractInWorker(() => worker, { broken: inTheWorker });

  describe("keeps each session in an object, which", () => {
    /** Calls a method of the object with this name. */
    async function call(name: string, method: string, ...args: unknown[]): Promise<any> {
      const query = new URLSearchParams({ name, args: JSON.stringify(args) });
      const answer = await worker.get(`/${method}?${query}`);
      if (!answer.ok) throw new Error(await answer.text());
      return answer.json();
    }

    const record = (ttl: number) => ({ text: "record", ttl });
    const update = (name: string, ttl: number) =>
      call(name, "update", { ...record(ttl), expected: "record" }, Date.now() + 60_000);
    const isEmpty = async (name: string): Promise<boolean> => {
      const { names, alarm } = await call(name, "state");
      return names.length === 0 && alarm === null;
    };

    it("is empty as long as it is only read", async () => {
      expect(await call("made up", "read")).to.equal(null);
      expect(await call("made up", "linked")).to.deep.equal([]);
      expect(await update("made up", 100)).to.equal(false);
      expect(await isEmpty("made up")).to.equal(true);
    });

    it("deletes the record after its ttl, also if the last write made that shorter", async () => {
      await call("over", "create", record(1));
      await call("ended", "create", record(1000));
      expect(await update("ended", 1)).to.equal(true);
      await waitUntil("the alarm", () => isEmpty("over"));
      await waitUntil("the alarm", () => isEmpty("ended"));
    });

    it("keeps a record that was renewed before the alarm", async () => {
      const created = Date.now();
      await call("renewed", "create", record(1));
      expect(await update("renewed", 100)).to.equal(true);
      await sleep(1500);
      expect(await call("renewed", "read")).to.equal("record");
      const { alarm } = await call("renewed", "state");
      expect(alarm - created).to.be.within(99_000, 130_000);
    });

    it("deletes the entries of an owner one by one, however often new ones come", async () => {
      await call("owner", "link", "short", 1);
      await call("owner", "link", "long", 100);
      await waitUntil("the alarm", async () => {
        await call("owner", "link", "new", 1000);
        const { names } = await call("owner", "state");
        return !names.includes("short");
      });
      expect(await call("owner", "linked")).to.have.members(["long", "new"]);
    });

    it("refuses an update that comes after the store's timeout", async () => {
      const { code, record: text } = (await (await worker.get("/late-update")).json()) as any;
      expect(code).to.equal("ERR_SESSION_STORE");
      expect(text).to.match(/\{"count":1\}$/);
    });
  });
});
