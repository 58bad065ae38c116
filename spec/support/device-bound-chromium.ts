import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createMiddleware } from "@hattip/adapter-node";
import type { HattipHandler } from "@hattip/core";
import { chromium, type BrowserContext, type Cookie, type Page } from "playwright-core";
import {
  makeHttpsCertificates,
  trustInHome,
  type HttpsCertificates,
} from "./https-certificates.js";
import { temporaryFolder } from "./temporary-folder.js";
import { waitUntil } from "./wait-until.js";

// chromium-headless-shell ignores the headers of device-bound sessions.
const PROGRAM = process.env["CHROMIUM"] || "/usr/bin/chromium";
const HOSTS = ["example.com", "*.example.com", "example.org", "localhost"];

type Folder = ReturnType<typeof temporaryFolder>;

export interface DeviceOptions {
  /**
   * Whether Chromium limits how often it signs for a site, as it does for users: six times in nine
   * minutes, registrations included. Most specs sign more often.
   */
  hasQuota?: boolean;
}

/** Runs Chromium with device-bound sessions, and https servers that it trusts. */
export class DeviceBoundChromium {
  readonly #certificates: HttpsCertificates;
  readonly #home: Folder;
  readonly #servers: Server[] = [];
  readonly #devices: Device[] = [];

  static async prepare(): Promise<DeviceBoundChromium> {
    if (!existsSync(PROGRAM)) throw new Error(`Cannot run ${PROGRAM}: apt-get install chromium`);
    const certificates = await makeHttpsCertificates(HOSTS);
    const home = temporaryFolder("chromium");
    try {
      await trustInHome(home.path, certificates.authority);
    } catch (error) {
      certificates.remove();
      home.remove();
      throw error;
    }
    return new DeviceBoundChromium(certificates, home);
  }

  private constructor(certificates: HttpsCertificates, home: Folder) {
    this.#certificates = certificates;
    this.#home = home;
  }

  /**
   * Serves an app as https://example.com, https://example.org, https://localhost and the subdomains
   * of example.com.
   *
   * @returns The port.
   */
  async serve(app: HattipHandler<any>): Promise<number> {
    const { cert, key } = this.#certificates;
    const tls = { cert: readFileSync(cert), key: readFileSync(key) };
    const server = createServer(tls, createMiddleware(app)).listen(0, "127.0.0.1");
    this.#servers.push(server);
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }

  /**
   * Starts Chromium. The profile keeps its keys and lasting cookies until `close()`: close a device
   * and start the same profile, and that is a restart of the browser. Another profile is another
   * person's computer.
   */
  async start(profile: string, options: DeviceOptions = {}): Promise<Device> {
    const folder = join(this.#home.path, profile);
    mkdirSync(folder, { recursive: true });
    const device = await Device.start(this.#home.path, folder, options);
    this.#devices.push(device);
    return device;
  }

  async close(): Promise<void> {
    await Promise.all(this.#devices.map((device) => device.close()));
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
    this.#certificates.remove();
    this.#home.remove();
  }
}

/** What Chromium tells its developer tools about a device-bound session. */
export interface BindingEvent {
  readonly succeeded: boolean;
  /** Where the session is bound. It is missing if no session was created. */
  readonly origin?: string | undefined;
  /** The identifier that the server gave the session. It is missing if no session was created. */
  readonly sessionId?: string;
  readonly creationEventDetails?: {
    readonly fetchResult: string;
    readonly newSession?: BoundSession;
  };
  readonly challengeEventDetails?: { readonly challengeResult: string; readonly challenge: string };
  readonly refreshEventDetails?: {
    readonly refreshResult: string;
    /** It is missing if no request was sent, because of a quota for example. */
    readonly fetchResult?: string;
    /** Whether no request had to wait: the cookie had not run out yet. */
    readonly wasFullyProactiveRefresh: boolean;
  };
  readonly terminationEventDetails?: { readonly deletionReason: string };
}

/** What Chromium keeps of a session. */
interface BoundSession {
  readonly key: { readonly id: string };
  readonly inclusionRules: { readonly origin: string };
}

type EventKind = "creation" | "challenge" | "refresh" | "termination";

/** A running Chromium with its own profile. */
export class Device {
  readonly context: BrowserContext;
  readonly page: Page;
  #events: BindingEvent[] = [];
  readonly #awaited = new Set<BindingEvent>();
  /** By the identifiers of the sessions. */
  readonly #origins = new Map<string, string>();

  static async start(home: string, profile: string, options: DeviceOptions): Promise<Device> {
    const sessions = ["DeviceBoundSessions:RequireOriginTrialTokens/false"];
    if (options.hasQuota !== true) sessions.push("RefreshQuota/false");
    const features = [
      sessions.join("/"),
      // Without a TPM, which neither containers nor the machines of CI have, the keys are in files.
      "EnableBoundSessionCredentialsSoftwareKeysForManualTesting",
    ];
    const context = await chromium.launchPersistentContext(profile, {
      executablePath: PROGRAM,
      env: { ...process.env, HOME: home },
      args: [
        // Chromium's sandbox does not start as root, and containers run as root. The specs visit only
        // loopback addresses.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--host-resolver-rules=MAP * 127.0.0.1",
        `--enable-features=${features.join(",")}`,
      ],
    });
    const device = new Device(context, context.pages()[0] ?? (await context.newPage()));
    try {
      await device.#listen();
      return device;
    } catch (error) {
      await context.close();
      throw error;
    }
  }

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
  }

  /** All that has occurred at this origin, also what was awaited already. */
  events(origin: string): BindingEvent[] {
    return this.#events.filter((event) => event.origin === origin);
  }

  forgetEvents(origin: string): void {
    this.#events = this.#events.filter((event) => event.origin !== origin);
  }

  /** The next event of this kind at this origin: each call returns another one. */
  async event(kind: EventKind, origin: string): Promise<BindingEvent> {
    const isNext = (event: BindingEvent): boolean =>
      event[`${kind}EventDetails`] !== undefined && !this.#awaited.has(event);
    let next: BindingEvent | undefined;
    try {
      await waitUntil(`the ${kind} of a device-bound session`, () => {
        next = this.events(origin).find(isNext);
        return next !== undefined;
      });
    } catch (cause) {
      throw new Error(`No ${kind} among ${JSON.stringify(this.events(origin))}`, { cause });
    }
    this.#awaited.add(next!);
    return next!;
  }

  /** What a thief copies: the cookies of an origin, without the keys. */
  async cookies(origin: string): Promise<Cookie[]> {
    return this.context.cookies(origin);
  }

  /** Removes a cookie of an origin, as if it had run out. */
  async forget(name: string, origin: string): Promise<void> {
    await this.context.clearCookies({ name, domain: new URL(origin).hostname });
  }

  /** It may be closed already. */
  async close(): Promise<void> {
    await this.context.close();
  }

  async #listen(): Promise<void> {
    // Chromium tells each page of the sessions of all origins.
    const protocol = await this.context.newCDPSession(this.page);
    const keepOrigin = ({ key, inclusionRules }: BoundSession): void => {
      this.#origins.set(key.id, inclusionRules.origin);
    };
    protocol.on("Network.deviceBoundSessionsAdded", ({ sessions }) => sessions.forEach(keepOrigin));
    protocol.on("Network.deviceBoundSessionEventOccurred", (event) => {
      const created = event.creationEventDetails?.newSession;
      if (created) keepOrigin(created);
      this.#events.push({ ...event, origin: this.#origins.get(event.sessionId ?? "") });
    });
    await protocol.send("Network.enable");
    await protocol.send("Network.enableDeviceBoundSessions", { enable: true });
  }
}
