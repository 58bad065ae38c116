import { expect } from "chai";
import { RedisSessionStore } from "../../lib/index.js";
import { Crowd } from "../soak/scale/crowd.js";
import { closesAfterEach } from "../support/close-after-each.js";
import { PATIENT } from "../support/patient.js";
import { clientsOn } from "../support/redis-clients.js";
import { RedisServer } from "../support/redis-server.js";

const IMPATIENT_SECONDS = 1;
/** How long the process is busy with each request, beside its session. */
const WORK_MS = 1;

// `npm run soak:scale` is the long version.
describe("Visitors who all send a request at the same moment", () => {
  const closeAfter = closesAfterEach();

  for (const { title, create } of clientsOn("one node")) {
    describe(`over Redis with ${title}`, () => {
      let server: RedisServer;
      let clients: number;

      beforeEach(async () => {
        server = closeAfter(await RedisServer.start());
        clients = 0;
      });

      function open(timeout: number): RedisSessionStore {
        const getClient = () => {
          clients++;
          return create({ nodes: [server], stop: () => server.stop() });
        };
        return closeAfter(new RedisSessionStore({ timeout, getClient }));
      }

      it("are all served, 5,000 of them", async () => {
        const store = open(PATIENT);
        const crowd = await Crowd.of(5000, store);
        const tally = await crowd.rush(1, store);
        expect(tally.causes()).to.equal("none");
        expect(tally.wrongs).to.deep.equal([]);
        expect(clients).to.equal(1);
      });

      it("get a session or the error of a time-out, and no second connection, if they are too many", async () => {
        const patient = open(PATIENT);
        const crowd = await Crowd.of(2500, patient);
        const few = await Crowd.of(10, patient);
        clients = 0;
        const store = open(IMPATIENT_SECONDS);
        const tally = await crowd.rush(2, store, WORK_MS);
        expect(tally.otherFailures, tally.causes()).to.equal(0);
        expect(clients, "clients").to.equal(1);

        // The next visitors are served, by the same client.
        const next = await few.rush(1, store);
        expect(next.causes()).to.equal("none");
        expect(clients, "clients").to.equal(1);
        const found = await crowd.look(patient);
        expect([...tally.wrongs, ...found.wrongs]).to.deep.equal([]);
        expect(found.causes()).to.equal("none");
      });
    });
  }
});
