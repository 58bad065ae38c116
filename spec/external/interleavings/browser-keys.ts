import { Device } from "../../support/device.js";
import { identifierOf } from "./bindings.js";
import type { Operation } from "./operations.js";
import { keyOf, keyWithId } from "./records.js";
import type { Outcome } from "./site.js";

/** A request of the browser itself, about its key. */
export interface DeviceRequest {
  readonly headers: Readonly<Record<string, string>>;
  /** The key that it is about. */
  readonly key: string;
  /** The key of the record of the session that it is about: a registration names it by its challenge. */
  readonly target: string;
  /** When the challenge was made that it answers: seconds since 1970. */
  readonly made: number;
}

/** A browser registers the first one. Something else on the device may know of the offer, too. */
const DEVICES = [await Device.make(), await Device.make()] as const;

/** What one browser knows of its device's keys. */
export class BrowserKeys {
  /** The proof cookie. */
  proof: string | undefined;
  /** The challenge of each offer, by the ID of the session. */
  readonly #offers = new Map<string, string>();
  #refreshChallenge: string | undefined;

  learn({ id, offer, proof, challenge }: Outcome): void {
    if (offer !== undefined) this.#offers.set(id!, offer);
    if (proof !== undefined) this.proof = proof;
    if (challenge !== undefined) this.#refreshChallenge = challenge;
  }

  /** @param id - The ID of the session that it sends. */
  async requestFor(operation: Operation, id: string): Promise<DeviceRequest> {
    const device = DEVICES[operation === "register another key" ? 1 : 0];
    const key = `ES256.${device.jwk.x}.${device.jwk.y}`;
    const named = { "sec-secure-session-id": `"${identifierOf(key)}"` };
    const target = keyOf(id);
    if (operation === "ask for a challenge") return { headers: named, key, target, made: Infinity };
    if (operation === "refresh") {
      const challenge = this.#refreshChallenge!;
      const headers = { ...named, "secure-session-response": await device.sign(challenge) };
      return { headers, key, target, made: Number(challenge.split(".")[0]) };
    }
    // Without an offer for this session, it answers the first one.
    const [firstOffer] = this.#offers.values();
    const challenge = this.#offers.get(id) ?? firstOffer!;
    const [publicId, second] = challenge.split(".");
    return {
      headers: { "secure-session-response": await device.register(challenge) },
      key,
      target: keyWithId(publicId!),
      made: Number(second),
    };
  }
}
