import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "../consumer.mjs";
import { installed } from "../installed.mjs";

const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const CACHE = join(root, ".cache");
const ENVIRONMENT = {
  ...process.env,
  NO_COLOR: "1",
  YARN_GLOBAL_FOLDER: join(CACHE, "yarn"),
  // Most of Yarn's time would go into packing the compiler into an archive.
  YARN_COMPRESSION_LEVEL: "0",
  YARN_ENABLE_IMMUTABLE_INSTALLS: "false",
  YARN_ENABLE_TELEMETRY: "0",
};

/** Installs with the package manager of the current Node. */
export const npm = {
  name: "npm",
  typescript: devDependencies.typescript,
  // It refuses to install if a peer does not fit.
  add: (folder, packages) =>
    execute("npm", ["install", "--prefer-offline", "--no-audit", ...packages], folder),
  /** Throws if a package misses a peer, or has another version of it than it needs. */
  checkPeers: (folder) => execute("npm", ["ls", "--all"], folder),
  compile: (folder) => execute("npm", ["exec", "--", "tsc"], folder),
  nodeOptions: [],
};

/** Each package finds only its own dependencies and peers. */
export const pnpm = {
  name: "pnpm",
  typescript: devDependencies.typescript,
  settings: {
    "pnpm-workspace.yaml": [
      "nodeLinker: isolated",
      "hoist: false",
      "autoInstallPeers: false",
      "strictPeerDependencies: true",
      `storeDir: ${join(CACHE, "pnpm-store")}`,
    ].join("\n"),
  },
  add: (folder, packages) => execute(pnpmProgram, ["add", ...packages], folder),
  /** It also warns of a peer that only happens to be there. */
  checkPeers: (folder) =>
    execute(pnpmProgram, ["peers", "check"], folder, /^(?:WARN|✕).*@hattip\/.*$/gm),
  compile: (folder) => execute(pnpmProgram, ["exec", "tsc"], folder),
  nodeOptions: [],
};

/** Plug'n'Play: no node_modules, and each package finds only its own dependencies and peers. */
export const yarn = {
  name: "Yarn Plug'n'Play",
  // TypeScript 7 is a native program, which does not read Yarn's archives.
  typescript: "6.0.3",
  // An empty lockfile makes the folder a project of its own.
  settings: { "yarn.lock": "", ".yarnrc.yml": "nodeLinker: pnp\n" },
  /** It installs even if peers are missing, and exits with 0. */
  add: (folder, packages) =>
    execute(yarnProgram, ["add", ...packages], folder, /^.*YN00(?:02|60|86):.*$/gm),
  checkPeers: () => undefined,
  compile: (folder) => execute(yarnProgram, ["tsc"], folder),
  // The options that `yarn node` sets.
  nodeOptions: ["--require", "./.pnp.cjs", "--experimental-loader", "./.pnp.loader.mjs"],
};

const pnpmProgram = () => programOf("pnpm", "12.21.0", "pnpm");
const yarnProgram = () => programOf("@yarnpkg/cli-dist", "4.18.1", "yarn");

/** The path of a package manager. */
async function programOf(name, version, command) {
  const folder = await installed(`${command}-${version}`, `${name}@${version}`);
  return join(folder, "node_modules", ".bin", command);
}

/** Runs the command. Throws its output if it fails, or if it prints a complaint. */
async function execute(program, args, cwd, complaint) {
  const command = typeof program === "string" ? program : await program();
  const output = await run(command, args, { cwd, env: ENVIRONMENT, timeout: 120_000 }).then(
    ({ stdout, stderr }) => stdout + stderr,
    (error) => {
      throw new Error(`${command} ${args.join(" ")}\n${error.stdout}${error.stderr}`, {
        cause: error,
      });
    },
  );
  const complaints = complaint ? (output.match(complaint) ?? []) : [];
  if (complaints.length > 0) throw new Error(`${command} ${args[0]}\n${complaints.join("\n")}`);
}
