// Runs one contender in a process of its own. The parent process sends the commands.
import { readFileSync } from "node:fs";
import { Clients, seed } from "./measure.mjs";
import { verify } from "./verify.mjs";
import { dataOf, SIZES } from "./workload.mjs";

let contender;
let kind;
const pools = new Map();

const commands = {
  async open(request) {
    const { id } = request;
    const definition = await import(`./contenders/${id}.mjs`);
    kind = request.kind;
    contender = await definition.open(kind, request);
    const bytes = request.unverified || kind === "nothing" ? {} : await verify(contender, kind);
    const { title, packages } = definition;
    const manifests = packages.map(manifestOf);
    return {
      ...{ title, bytes, lacks: definition.lacks?.[kind] ?? "" },
      versions: manifests.map(({ name, version }) => `${name} ${version}`),
      tooNew: manifests
        .filter(needsNewerNode)
        .map(({ name, engines }) => `${name} (${engines.node})`),
    };
  },

  async run({ action, size, inFlight, milliseconds }) {
    const clients = await clientsOf(size);
    return clients.run(actionOf(action), inFlight, milliseconds);
  },

  async warmUp({ action, size, inFlight, milliseconds }) {
    const clients = await clientsOf(size);
    await clients.warmUp(actionOf(action), inFlight, milliseconds);
  },

  /** Puts this number of sessions into the store. */
  async fill({ count }) {
    for (let i = 0; i < count; i++) await seed(contender, dataOf(SIZES.small, i));
  },

  async close() {
    await contender.close?.();
    process.exit();
  },
};

function actionOf(name) {
  return name === "anonymous" ? () => {} : contender.actions[name];
}

/** Keeps one pool for each size, so that every round uses the same clients. */
async function clientsOf(size) {
  if (!pools.has(size)) {
    const bytes = SIZES[size] ?? size;
    pools.set(
      size,
      size === "none" ? Clients.anonymous(contender) : await Clients.create(contender, bytes),
    );
  }
  return pools.get(size);
}

function manifestOf(name) {
  const manifest = new URL(`./node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(manifest, "utf8"));
}

function needsNewerNode({ engines }) {
  const [, major, minor = 0] = />=\s*(\d+)(?:\.(\d+))?/.exec(engines?.node) ?? [0, 0];
  const [ourMajor, ourMinor] = process.versions.node.split(".").map(Number);
  return ourMajor < major || (ourMajor === Number(major) && ourMinor < minor);
}

// The parent process has exited or crashed.
process.on("disconnect", () => process.exit());

process.on("message", ({ command, ...request }) => {
  void answer(command, request);
});

async function answer(command, request) {
  try {
    process.send({ result: (await commands[command](request)) ?? null });
  } catch (error) {
    process.send({ error: error.stack });
  }
}
