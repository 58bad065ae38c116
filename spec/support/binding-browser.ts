import { Browser } from "./browser.js";
import { Device, type Algorithm } from "./device.js";

/** What a browser gets from the server when it has registered its key. */
export interface Instructions {
  readonly session_identifier: string;
  readonly refresh_url: string;
  readonly credentials: readonly { readonly name: string; readonly attributes: string }[];
}

/** A browser that knows Device Bound Session Credentials. It does what Chromium was seen to do. */
export class BindingBrowser extends Browser {
  /** The algorithm of the next key. */
  algorithm: Algorithm = "ES256";
  /** The next key, if it is not to be made anew: making one for RSA takes long. */
  nextDevice: Device | undefined;
  /** The key of the bound session, and what the server has said of it. */
  device: Device | undefined;
  instructions: Instructions | undefined;
  /** The last header that asked for a key. */
  offer: string | undefined;
  /** The last answer that registered a key, and the last one that renewed a proof. */
  registration: string | undefined;
  renewal: string | undefined;

  /** Renews the proof first if its cookie has run out, and registers a key if the response asks. */
  override async request(
    path: string,
    init: Parameters<Browser["request"]>[1] = {},
  ): Promise<Response> {
    if (this.instructions && this.proof === undefined) await this.refresh();
    const response = await super.request(path, init);
    const offer = response.headers.get("secure-session-registration");
    if (offer !== null) {
      this.offer = offer;
      await this.register();
    }
    return response;
  }

  /** The proof cookie that this browser would send now. */
  get proof(): string | undefined {
    const name = this.instructions?.credentials[0]?.name;
    return name === undefined ? undefined : this.cookie(name);
  }

  /** Makes a key, and answers the last offer with it. */
  async register(): Promise<Response> {
    const { path, challenge } = partsOf(this.offer!);
    const device = this.nextDevice ?? (await Device.make(this.algorithm));
    this.nextDevice = undefined;
    this.registration = await device.register(challenge);
    const response = await this.send(path, { "secure-session-response": this.registration });
    if (response.status === 200) {
      this.device = device;
      this.instructions = (await response.clone().json()) as Instructions;
    }
    return response;
  }

  /** Asks for a challenge and signs it. */
  async refresh(): Promise<Response> {
    const { refresh_url: path, session_identifier: id } = this.instructions!;
    const named = { "sec-secure-session-id": `"${id}"` };
    const first = await this.send(path, named);
    const challenge = challengeIn(first);
    if (first.status !== 403 || challenge === undefined) return this.#obey(first);
    this.renewal = await this.device!.sign(challenge);
    return this.#obey(await this.send(path, { ...named, "secure-session-response": this.renewal }));
  }

  /** A request of the browser itself, of which pages see nothing. */
  send(path: string, headers: Record<string, string>, cookie?: string): Promise<Response> {
    return super.request(path, {
      method: "POST",
      headers,
      ...(cookie !== undefined && { cookie }),
    });
  }

  async #obey(response: Response): Promise<Response> {
    const text = await response.clone().text();
    if (response.status === 200 && text.includes('"continue":false')) {
      this.device = undefined;
      this.instructions = undefined;
    }
    return response;
  }
}

/** What the header of an offer says. */
/** The challenge of a response that asks for a signature; `undefined` if it asks for none. */
export function challengeIn({ headers }: Response): string | undefined {
  return /^"([^"]*)"/.exec(headers.get("secure-session-challenge") ?? "")?.[1];
}

export function partsOf(offer: string): { path: string; challenge: string } {
  const part = (name: string): string => new RegExp(`;${name}="([^"]*)"`).exec(offer)![1]!;
  return { path: part("path"), challenge: part("challenge") };
}
