import { expect } from "chai";
import { createHmac, createPublicKey } from "node:crypto";
import { UnsafeMemoryStore } from "../../lib/index.js";
import { BindingBrowser, challengeIn } from "../support/binding-browser.js";
import type { Browser } from "../support/browser.js";
import { Clock } from "../support/clock.js";
import { Device, encodePart, type Algorithm } from "../support/device.js";
import {
  BoundSite,
  challengeOf,
  PATH,
  PROOF_SECONDS,
  proofIn,
  refreshChallenge,
  refreshHeaders,
  send,
  sessionIdOf,
  viewOf,
} from "../support/bound-site.js";

const CHALLENGE_SECONDS = 60;
const BOUND = { user: "ada", isDeviceBound: true };
const STRANGER = { isDeviceBound: false };

/** What the thief makes of a challenge for the session, and a JWT of the owner's that answers it. */
interface Loot {
  readonly challenge: string;
  readonly genuine: string;
}

for (const algorithm of ["ES256", "RS256"] satisfies Algorithm[]) {
  describe(`A thief without the ${algorithm} key of the owner's device`, () => {
    let clock: Clock;
    let site: BoundSite;
    let owner: BindingBrowser;
    let thief: Browser;
    let id: string;
    /** The thief's own devices. */
    const eve: Record<string, Device> = {};
    let ownersDevice: Device;
    let mallorysDevice: Device;

    before(async () => {
      ownersDevice = await Device.make(algorithm);
      mallorysDevice = await Device.make(algorithm);
      eve["same"] = await Device.make(algorithm);
      eve["other"] = await Device.make(algorithm === "ES256" ? "RS256" : "ES256");
    });
    beforeEach(async () => {
      clock = new Clock();
      site = new BoundSite(new UnsafeMemoryStore());
      owner = await boundBrowser(ownersDevice);
      thief = site.thiefOf(owner);
      id = owner.instructions!.session_identifier;
      site.log.clear();
    });
    afterEach(() => {
      clock.restore();
      expect(site.app.errors).to.deep.equal([]);
    });

    async function boundBrowser(device: Device): Promise<BindingBrowser> {
      const browser = new BindingBrowser(site.app);
      browser.nextDevice = device;
      await browser.post("/login");
      expect(browser.instructions, "instructions").to.be.an("object");
      return browser;
    }

    /** The server refuses what the thief has sent, and the session goes on as before. */
    async function expectRefused(
      response: Response,
      status: number,
      events = status === 403 ? ["proof-refused"] : [],
    ): Promise<void> {
      expect(response.status).to.equal(status);
      expect(response.headers.getSetCookie()).to.deep.equal([]);
      expect(await response.text()).to.equal("");
      expect(site.log.types).to.deep.equal(events);
      clock.pass(PROOF_SECONDS);
      expect(await viewOf(thief)).to.deep.equal(STRANGER);
      expect(await viewOf(owner)).to.deep.equal(BOUND);
    }

    const refresh = (answer?: string, name = id): Promise<Response> =>
      send(thief, refreshHeaders(name, answer));

    const register = (answer: string): Promise<Response> =>
      send(thief, { "secure-session-response": answer });

    describe("who answers a challenge for a new proof", () => {
      const typ = "dbsc+jwt";
      const forgeries: Record<string, (loot: Loot) => string | Promise<string>> = {
        "by a key of his own": ({ challenge }) => eve["same"]!.sign(challenge),
        "by a key of the other algorithm": ({ challenge }) => eve["other"]!.sign(challenge),
        "by a key of the other algorithm under the name of the owner's": ({ challenge }) =>
          eve["other"]!.signAny({ typ, alg: algorithm }, { jti: challenge }),
        "by the name of the other algorithm": ({ challenge }) =>
          eve["same"]!.signAny({ typ, alg: eve["other"]!.algorithm }, { jti: challenge }),
        "by the owner's signature under the name of the other algorithm": ({ challenge }) =>
          owner.device!.signAny({ typ, alg: eve["other"]!.algorithm }, { jti: challenge }),
        "by the owner's signature under no name of an algorithm": ({ challenge }) =>
          owner.device!.signAny({ typ }, { jti: challenge }),
        "by another challenge under the owner's signature": ({ challenge, genuine }) => {
          const [header, , signature] = genuine.split(".");
          return `${header}.${encodePart({ jti: challenge, iat: 1 })}.${signature}`;
        },
        "by the owner's signature with one character changed": ({ genuine }) => {
          const at = genuine.length - 10;
          const changed = genuine[at] === "A" ? "B" : "A";
          return genuine.slice(0, at) + changed + genuine.slice(at + 1);
        },
        "by a cut signature": ({ genuine }) => {
          const [header, payload, signature = ""] = genuine.split(".");
          const cut = Buffer.from(signature, "base64url").subarray(0, -1).toString("base64url");
          return `${header}.${payload}.${cut}`;
        },
        "by a longer signature": ({ genuine }) => `${genuine}AAAA`,
        "by a signature of zeros": ({ genuine }) => {
          const [header, payload, signature = ""] = genuine.split(".");
          const zeros = Buffer.alloc(Buffer.from(signature, "base64url").length);
          return `${header}.${payload}.${zeros.toString("base64url")}`;
        },
        "by HS256 under the owner's public key": ({ challenge }) => {
          const message = `${encodePart({ typ, alg: "HS256" })}.${encodePart({ jti: challenge })}`;
          const jwk = owner.device!.jwk;
          const key = createPublicKey({ key: jwk, format: "jwk" });
          const secret = key.export({ type: "spki", format: "pem" });
          return `${message}.${createHmac("sha256", secret).update(message).digest("base64url")}`;
        },
        "by HS256 under the owner's public key and the owner's algorithm": ({ challenge }) => {
          const message = `${encodePart({ typ, alg: algorithm })}.${encodePart({ jti: challenge })}`;
          const secret = JSON.stringify(owner.device!.jwk);
          return `${message}.${createHmac("sha256", secret).update(message).digest("base64url")}`;
        },
        "by alg none": ({ challenge, genuine }) =>
          `${encodePart({ typ, alg: "none" })}.${encodePart({ jti: challenge })}.${genuine.split(".")[2]}`,
      };
      for (const [how, forge] of Object.entries(forgeries)) {
        it(`gets none: ${how}`, async () => {
          const challenge = await refreshChallenge(thief, id);
          const genuine = await owner.device!.sign(challenge);
          await expectRefused(await refresh(await forge({ challenge, genuine })), 403);
        });
      }

      it("gets another challenge with each refusal, which is worth no more", async () => {
        let challenge = await refreshChallenge(thief, id);
        for (let attempt = 0; attempt < 3; attempt++) {
          clock.pass(1);
          const response = await refresh(await eve["same"]!.sign(challenge));
          const header = response.headers.get("secure-session-challenge")!;
          expect(header).to.match(/^"\d+\.[\w-]{22}";id="[\w-]{43}"$/);
          expect(header).to.not.include(challenge);
          expect(header).to.include(`;id="${id}"`);
          challenge = challengeIn(response)!;
        }
        expect(site.log.types).to.deep.equal(Array(3).fill("proof-refused"));
      });

      it("would get one by the owner's signature alone", async () => {
        const genuine = await owner.device!.sign(await refreshChallenge(thief, id));
        const response = await refresh(genuine);
        expect(response.status).to.equal(200);
        expect(site.log.types).to.deep.equal(["proved"]);
      });
    });

    describe("who sends a genuine JWT again", () => {
      it("gains no later end by a refresh: it ends so many seconds after its challenge", async () => {
        clock.pass(PROOF_SECONDS);
        await owner.get("/");
        for (const seconds of [0, 30, 30]) {
          clock.pass(seconds);
          const response = await refresh(owner.renewal);
          expect(response.status).to.equal(200);
          expect(proofIn(response)).to.equal(owner.proof);
        }
        clock.pass(1);
        expect((await refresh(owner.renewal)).status).to.equal(403);
        clock.pass(PROOF_SECONDS - CHALLENGE_SECONDS - 1);
        expect(await viewOf(thief)).to.deep.equal(STRANGER);
        expect(await viewOf(owner)).to.deep.equal(BOUND);
      });

      it("gains no later end by the registration either", async () => {
        for (const seconds of [0, 30, 30]) {
          clock.pass(seconds);
          const response = await register(owner.registration!);
          expect(response.status).to.equal(200);
          expect(proofIn(response)).to.equal(owner.proof);
        }
        site.log.clear();
        clock.pass(1);
        await expectRefused(await register(owner.registration!), 403);
      });

      it("gets no new time of grace by the registration", async () => {
        clock.pass(30);
        await register(owner.registration!);
        const halfThief = site.thiefOf(owner, ["session"]);
        expect(await viewOf(halfThief)).to.deep.equal(STRANGER);
      });

      it("keeps no other cookie than what the JWT once gave", async () => {
        clock.pass(30);
        const response = await register(owner.registration!);
        const [cookie, ...others] = response.headers.getSetCookie();
        expect(others).to.deep.equal([]);
        // The proof has 270 seconds left, and the cookie ends a tenth of 300 earlier.
        expect(cookie).to.equal(
          `session-proof=${owner.proof}; Max-Age=240; Path=/; HttpOnly; SameSite=Lax; Secure`,
        );
      });

      it("gets nothing by a refresh whose challenge is a minute and a second old", async () => {
        const challenge = await refreshChallenge(thief, id);
        const genuine = await owner.device!.sign(challenge);
        clock.pass(CHALLENGE_SECONDS + 1);
        // No event: browsers send an old answer again, after a 503.
        await expectRefused(await refresh(genuine), 403, []);
      });
    });

    describe("who uses one thing for another", () => {
      for (const part of ["whole", "without the session's ID"]) {
        it(`gets no proof for the owner's answer to the challenge of the offer, ${part}`, async () => {
          const whole = challengeOf(owner);
          const challenge = part === "whole" ? whole : whole.slice(whole.indexOf(".") + 1);
          await expectRefused(await refresh(await owner.device!.sign(challenge)), 403);
        });
      }

      for (const who of ["owner's", "thief's"]) {
        it(`registers nothing by the challenge of a refresh and the ${who} key`, async () => {
          const device = who === "owner's" ? owner.device! : eve["same"]!;
          const challenge = await refreshChallenge(thief, id);
          const offered = `${sessionIdOf(owner)}.${challenge}`;
          expect((await register(await device.register(challenge))).status).to.equal(403);
          site.log.clear();
          await expectRefused(await register(await device.register(offered)), 403);
        });
      }

      it("gets no new proof for an answer to the proof", async () => {
        const proof = thief.cookie("session-proof")!;
        await expectRefused(await refresh(await owner.device!.sign(proof)), 403);
      });

      it("registers nothing by the proof", async () => {
        clock.pass(CHALLENGE_SECONDS + 1);
        const proof = `${sessionIdOf(owner)}.${thief.cookie("session-proof")}`;
        await expectRefused(await register(await owner.device!.register(proof)), 403);
      });

      for (const source of ["registration", "refresh"]) {
        it(`proves nothing by the challenge of a ${source} in place of the proof`, async () => {
          // Their second must lie in the future of the proof that they stand for.
          clock.pass(-2 * PROOF_SECONDS);
          const early = await boundBrowser(mallorysDevice);
          clock.pass(2 * PROOF_SECONDS);
          const { session_identifier: name } = early.instructions!;
          const made =
            source === "refresh" ? await refreshChallenge(early, name) : challengeOf(early);
          const [second, mac] = made.split(".").slice(-2);
          for (const proof of [made, `${second}.${mac}`, `${clock.now + 100}.${mac}`]) {
            const cookie = `session=${early.cookie("session")}; session-proof=${proof}`;
            expect(await (await thief.get("/", { cookie })).json()).to.deep.equal(STRANGER);
          }
        });
      }

      it("proves nothing by a proof with a later end", async () => {
        const [end, mac] = thief.cookie("session-proof")!.split(".");
        clock.pass(PROOF_SECONDS);
        for (const proof of [
          `${Number(end) + PROOF_SECONDS}.${mac}`,
          `${end}0.${mac}`,
          `${end}.${mac}.${end}`,
          `9999999999.${"A".repeat(22)}`,
          `9999999999.`,
          "9999999999",
          "",
        ]) {
          thief.setCookie("session-proof", proof);
          expect(await viewOf(thief), proof).to.deep.equal(STRANGER);
        }
      });
    });

    describe("who has a bound session of his own", () => {
      let mallory: BindingBrowser;

      beforeEach(async () => {
        mallory = await boundBrowser(mallorysDevice);
        site.log.clear();
      });

      it("proves nothing by its proof", async () => {
        clock.pass(PROOF_SECONDS);
        await mallory.get("/");
        thief.setCookie("session-proof", mallory.proof!);
        expect(await viewOf(thief)).to.deep.equal(STRANGER);
      });

      it("gets nothing for an answer to its challenge", async () => {
        const { session_identifier: own } = mallory.instructions!;
        const answer = await owner.device!.sign(await refreshChallenge(mallory, own));
        await expectRefused(await refresh(answer), 403);
      });

      it("gets nothing for its key", async () => {
        const answer = await mallory.device!.sign(await refreshChallenge(thief, id));
        await expectRefused(await refresh(answer), 403);
      });

      it("registers nothing by the challenge of its offer, also under the other session's ID", async () => {
        const challenge = challengeOf(mallory);
        const moved = challenge.replace(sessionIdOf(mallory), sessionIdOf(owner));
        expect(moved).to.not.equal(challenge);
        const device = eve["same"]!;
        expect((await register(await device.register(challenge))).status).to.equal(403);
        site.log.clear();
        await expectRefused(await register(await mallory.device!.register(moved)), 403);
      });

      it("gets neither challenge nor proof under its identifier", async () => {
        const { session_identifier: own } = mallory.instructions!;
        const answer = await mallory.device!.sign(await refreshChallenge(mallory, own));
        for (const sent of [undefined, answer]) {
          const response = await refresh(sent, own);
          expect(response.status).to.equal(200);
          expect(await response.json()).to.deep.equal({ continue: false });
          expect(response.headers.has("secure-session-challenge")).to.equal(false);
          expect(response.headers.getSetCookie()).to.deep.equal([]);
        }
        expect(site.log.types).to.deep.equal([]);
      });
    });

    describe("who registers a key of his own", () => {
      it("is refused by the very challenge that the owner has answered", async () => {
        for (const device of Object.values(eve)) {
          site.log.clear();
          expect((await register(await device.register(challengeOf(owner)))).status).to.equal(403);
        }
        site.log.clear();
        await expectRefused(await register(await eve["same"]!.register(challengeOf(owner))), 403);
      });

      it("is refused with the owner's key in the header and his own signature", async () => {
        const jwk = owner.device!.jwk;
        const answer = await eve["same"]!.sign(challengeOf(owner), { jwk });
        await expectRefused(await register(answer), 403);
      });
    });

    describe("who is there before the owner's browser has registered its key", () => {
      let late: BindingBrowser;

      beforeEach(async () => {
        late = await site.unboundOwner();
        late.nextDevice = ownersDevice;
        thief = site.thiefOf(late, ["session"]);
      });

      it("gets no challenge to register a key of his own", async () => {
        for (const path of ["/", "/save", "/nothing", "/lifetime"]) {
          const response = await thief.post(path);
          expect(response.headers.has("secure-session-registration"), path).to.equal(false);
        }
        const response = await send(thief, refreshHeaders(id));
        expect(response.headers.has("secure-session-challenge")).to.equal(false);
        expect(await response.json()).to.deep.equal({ continue: false });
      });

      it("cannot make a challenge, nor use one of another session", async () => {
        const other = await site.unboundOwner();
        const own = sessionIdOf(late);
        const foreign = challengeOf(other).replace(sessionIdOf(other), own);
        expect(foreign).to.not.equal(challengeOf(other));
        for (const challenge of [
          foreign,
          challengeOf(late).replace(own, sessionIdOf(other)),
          challengeOf(late).replace(own, late.cookie("session")!),
          challengeOf(late).slice(own.length + 1),
          `${own}.${clock.now}.${"A".repeat(22)}`,
          `${own}.${clock.now}.`,
          `${own}.`,
          own,
          "",
        ]) {
          const response = await register(await eve["same"]!.register(challenge));
          expect(response.status, challenge).to.equal(403);
          expect(response.headers.getSetCookie()).to.deep.equal([]);
        }
        expect((await late.register()).status).to.equal(200);
      });

      it("cannot bind a session that has no secret, by a MAC under none", async () => {
        const guest = new BindingBrowser(site.app);
        await guest.post("/save");
        const before = await viewOf(guest);
        for (const purpose of ["registration", "refresh", "proof", "undefined"]) {
          const key = purpose === "undefined" ? purpose : "";
          const text = `${key === "" ? purpose : "registration"} ${clock.now}`;
          const mac = createHmac("sha256", key).update(text).digest().subarray(0, 16);
          const challenge = `${sessionIdOf(guest)}.${clock.now}.${mac.toString("base64url")}`;
          const response = await register(await eve["same"]!.register(challenge));
          expect(response.status).to.equal(403);
        }
        clock.pass(PROOF_SECONDS);
        expect(await viewOf(guest)).to.deep.equal(before);
      });

      it("cannot register by the key of one algorithm under the name of the other", async () => {
        const header = { typ: "dbsc+jwt", alg: eve["other"]!.algorithm, jwk: eve["same"]!.jwk };
        const answer = await eve["same"]!.signAny(header, { jti: challengeOf(late) });
        expect((await register(answer)).status).to.equal(400);
      });

      it("is shut out with the cookie of that time as soon as the grace is over", async () => {
        expect((await late.register()).status).to.equal(200);
        clock.pass(10);
        expect(await viewOf(thief)).to.deep.equal(STRANGER);
        expect(await viewOf(late)).to.deep.equal(BOUND);
      });

      it("comes too late with the challenge itself after a minute, as does the owner", async () => {
        clock.pass(CHALLENGE_SECONDS + 1);
        expect((await register(await eve["same"]!.register(challengeOf(late)))).status).to.equal(
          403,
        );
        expect((await late.register()).status).to.equal(403);
        expect(await viewOf(late)).to.deep.equal({ user: "ada", isDeviceBound: false });
      });

      it("does not keep the owner from registering in the last second of the minute", async () => {
        clock.pass(CHALLENGE_SECONDS);
        expect((await late.register()).status).to.equal(200);
        expect(await viewOf(late)).to.deep.equal(BOUND);
      });
    });

    describe("whose JWT", () => {
      const malformed: Record<string, (challenge: string) => string | Promise<string>> = {
        "is not signed": async (challenge) =>
          (await owner.device!.sign(challenge)).split(".").slice(0, 2).join("."),
        "has an empty signature": async (challenge) =>
          `${(await owner.device!.sign(challenge)).split(".").slice(0, 2).join(".")}.`,
        "has another type": (challenge) => owner.device!.sign(challenge, { typ: "jwt" }),
        "has no type": (challenge) => owner.device!.signAny({ alg: algorithm }, { jti: challenge }),
        "has its type in capitals": (challenge) =>
          owner.device!.sign(challenge, { typ: "DBSC+JWT" }),
        "has no jti": () => owner.device!.signAny({ alg: algorithm, typ: "dbsc+jwt" }, {}),
        "has its challenge in another claim": (challenge) =>
          owner.device!.signAny({ alg: algorithm, typ: "dbsc+jwt" }, { challenge }),
        "has a list of challenges": (challenge) =>
          owner.device!.signAny({ alg: algorithm, typ: "dbsc+jwt" }, { jti: [challenge] }),
        "names an extension that must be understood": (challenge) =>
          owner.device!.signAny(
            { alg: algorithm, typ: "dbsc+jwt", crit: ["exp"], exp: 1 },
            { jti: challenge },
          ),
        "has a key in the refresh": (challenge) => owner.device!.register(challenge),
        "has null for a key in the refresh": (challenge) =>
          owner.device!.sign(challenge, { jwk: null }),
      };
      for (const [what, make] of Object.entries(malformed)) {
        it(`${what} gets a 400, even if the owner's key has signed it`, async () => {
          const challenge = await refreshChallenge(thief, id);
          await expectRefused(await refresh(await make(challenge)), 400);
        });
      }

      it("answers without Sec-Secure-Session-Id gets a 400", async () => {
        const challenge = await refreshChallenge(thief, id);
        const genuine = await owner.device!.sign(challenge);
        await expectRefused(await register(genuine), 400);
      });

      it("registers a key under Sec-Secure-Session-Id gets a 400", async () => {
        await expectRefused(await refresh(owner.registration), 400);
      });

      it("comes in two headers of one name gets a 400", async () => {
        const genuine = await owner.device!.sign(await refreshChallenge(thief, id));
        for (const answers of [
          `${genuine}, ${genuine}`,
          `"${genuine}", "${genuine}"`,
          `"x";y, "${genuine}"`,
          `"${genuine}";y, "x"`,
        ]) {
          expect((await refresh(answers)).status, answers).to.equal(400);
        }
        for (const ids of [`"${id}", "${id}"`, `"x", "${id}"`, `${id}, "${id}"`]) {
          const headers = { "sec-secure-session-id": ids, "secure-session-response": genuine };
          expect((await send(thief, headers)).status, ids).to.equal(400);
        }
      });
    });

    it("gets nothing at another path, or by another method", async () => {
      const genuine = await owner.device!.sign(await refreshChallenge(thief, id));
      const headers = refreshHeaders(id, genuine);
      for (const path of [`${PATH}/`, `${PATH}x`, PATH.toUpperCase(), `/x?${PATH}`, `/${PATH}`]) {
        const response = await send(thief, headers, path);
        expect(response.status, path).to.equal(404);
        expect(response.headers.getSetCookie(), path).to.deep.equal([]);
      }
      for (const method of ["GET", "PUT", "DELETE", "OPTIONS"]) {
        expect((await thief.get(PATH, { method, headers })).status).to.equal(405);
      }
      expect(site.log.types.filter((type) => type !== "fresh")).to.deep.equal([]);
    });
  });
}
