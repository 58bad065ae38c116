import { RedisServer } from "../../support/redis-server.js";
import { TcpProxy } from "../../support/tcp-proxy.js";
import type { Deployment, Run, Scenario, Servers } from "./scenario.js";

/** Acknowledged writes survive a crash of the server. */
const DURABLE = ["--appendonly", "yes", "--appendfsync", "always"];

interface OneNodeOptions {
  /** The host in the client's URL. Default: 127.0.0.1. */
  readonly host?: string;
  /** Additional arguments of redis-server. */
  readonly args?: readonly string[];
}

/** One server. */
export class OneNode implements Servers {
  readonly server: RedisServer;
  readonly deployment: Deployment;

  static async start({ args = [] }: OneNodeOptions = {}): Promise<OneNode> {
    return new OneNode(await RedisServer.start(...DURABLE, ...args));
  }

  protected constructor(
    server: RedisServer,
    { url, port }: { url: string; port: number } = server,
  ) {
    this.server = server;
    this.deployment = { nodes: [{ url, port }] };
  }

  async stop(): Promise<void> {
    this.server.resume();
    await this.server.stop();
  }
}

/** One server, behind a network with faults. */
export class DistantNode extends OneNode {
  readonly proxy: TcpProxy;

  static override async start({
    host = "127.0.0.1",
    args = [],
  }: OneNodeOptions = {}): Promise<DistantNode> {
    const server = await RedisServer.start(...DURABLE, ...args);
    return new DistantNode(server, await TcpProxy.to(server.port), host);
  }

  private constructor(server: RedisServer, proxy: TcpProxy, host: string) {
    const { port } = proxy;
    super(server, { url: `redis://${host}:${port}`, port });
    this.proxy = proxy;
  }

  override async stop(): Promise<void> {
    await this.proxy.close();
    await super.stop();
  }
}

type Described<S extends Servers> = Omit<Scenario<S>, "name" | "topology" | "isShort" | "start"> & {
  readonly isShort?: boolean;
};

/** A scenario on one node, which the client reaches without a proxy. */
export function onOneNode(
  name: string,
  scenario: Described<OneNode> & { start?(): Promise<OneNode> },
): Scenario<OneNode> {
  return describeScenario(name, { start: () => OneNode.start(), ...scenario });
}

/** A scenario on one node, which the client reaches through a proxy. */
export function onDistantNode(
  name: string,
  scenario: Described<DistantNode> & { start?(): Promise<DistantNode> },
): Scenario<DistantNode> {
  return describeScenario(name, { start: () => DistantNode.start(), ...scenario });
}

function describeScenario<S extends Servers>(
  name: string,
  scenario: Described<S> & { start(): Promise<S> },
): Scenario<S> {
  return { topology: "one node", isShort: false, ...scenario, name: `one-node/${name}` };
}

/** How long a fault lasts: `long`, or `short` in short runs. */
export function lasting({ isShort }: Run, long: number, short: number): number {
  return isShort ? short : long;
}
