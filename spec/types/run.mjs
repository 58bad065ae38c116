// Compiles the programs in this folder against the packed package, with each supported TypeScript,
// and with each library that declares the web platform. Correct code must compile and mistakes must
// not. The newest compiler must explain the mistakes well.
//
//   npm run test:types                with all of them
//   npm run test:types -- 5.4 7.0     with some

import { randomUUID } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { twoAtOnce } from "../package/at-once.mjs";
import { npmInstall, root, run, withConsumer } from "../package/consumer.mjs";
import { installed } from "../package/installed.mjs";
import { BROWSER, FOLDERS, NODE_18, OTHER_PLATFORMS } from "./platforms.mjs";

/** The first one is the oldest that can read the declarations. The last one is the newest. */
const COMPILERS = {
  5.3: "5.3.3",
  5.4: "5.4.5",
  5.7: "5.7.3",
  5.9: "5.9.3",
  "6.0": "6.0.3",
  "7.0": "7.0.2",
};
const NEWEST = "7.0";
/** These two run with every module resolution and every platform. The others run with some. */
const ENDS = ["5.3", NEWEST];
const MODULES = ["node16", "nodenext", "bundler"];
/** ES modules and CommonJS are two programs, because each of them augments its own SessionData. */
const ES_MODULES = ["usage.ts", "mistakes.ts"];
const COMMONJS = ["usage.cts"];
const OPTIONS = {
  target: "es2022",
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
  noImplicitOverride: true,
};

/** Most projects do not set this option, with which some messages become longer. */
const USUAL = { ...BROWSER, options: { exactOptionalPropertyTypes: false } };

async function main(wanted) {
  await withConsumer([], async (consumer) => {
    await twoAtOnce(Object.entries(FOLDERS), async ([name, packages]) => {
      const folder = join(consumer, name);
      mkdirSync(folder);
      writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
      for (const file of [...ES_MODULES, ...COMMONJS, "keys.ts", "node-keys.ts"]) {
        copyFileSync(join(root, "spec", "types", file), join(folder, file));
      }
      if (packages.length > 0) await npmInstall(folder, ...packages);
    });
    for (const version of wanted.length > 0 ? wanted : Object.keys(COMPILERS)) {
      const compiler = await compilerOf(version);
      await twoAtOnce(programsFor(version), async ({ platform, module, files }) => {
        const errors = await compile(compiler, consumer, platform, module, files);
        if (errors === "") return;
        throw new Error(`TypeScript ${version}, ${platform.name}, ${module}:\n${errors}`);
      });
      if (version === NEWEST) await checkMessages(compiler, consumer);
      console.log(`TypeScript ${COMPILERS[version]} accepts correct code and rejects mistakes`);
    }
  });
}

function programsFor(version) {
  const isEnd = ENDS.includes(version);
  const esModules = (platform, module) => ({
    platform,
    module,
    files: [...ES_MODULES, ...platform.keys],
  });
  const commonjs = (module) => ({ platform: BROWSER, module, files: COMMONJS });
  return [
    ...(isEnd ? MODULES : ["nodenext"]).map((module) => esModules(BROWSER, module)),
    ...(isEnd ? ["node16", "nodenext"] : ["nodenext"]).map(commonjs),
    esModules(NODE_18, "nodenext"),
    ...(isEnd ? [{ platform: NODE_18, module: "nodenext", files: COMMONJS }] : []),
    ...(isEnd ? OTHER_PLATFORMS : [])
      .filter(({ supports = () => true }) => supports(version))
      .map((platform) => esModules(platform, "nodenext")),
  ];
}

/** Without the expectations, every mistake must cause the error message that it expects. */
async function checkMessages(compiler, consumer) {
  const failures = [];
  for (const file of ["mistakes.ts", ...COMMONJS]) {
    const source = readFileSync(join(consumer, BROWSER.folder, file), "utf8");
    const bare = `bare-${file}`;
    writeFileSync(
      join(consumer, BROWSER.folder, bare),
      source.replaceAll("@ts-expect-error", "Expected"),
    );
    const errors = await compile(compiler, consumer, USUAL, "nodenext", [bare]);
    for (const [index, line] of source.split("\n").entries()) {
      const message = /@ts-expect-error: (.*)/.exec(line)?.[1];
      const actual = errorAt(`${bare}(${index + 2},`, bare, errors);
      if (message === undefined || actual.includes(message)) continue;
      failures.push(`${file}, line ${index + 2}: expected “${message}”, but got\n  ${actual}`);
    }
  }
  if (failures.length > 0) throw new Error(failures.join("\n\n"));
}

function errorAt(place, file, errors) {
  const start = errors.indexOf(place);
  if (start < 0) return "no error";
  const end = errors.indexOf(`\n${file}(`, start);
  return errors.slice(start, end < 0 ? undefined : end);
}

/** Returns the errors of the compiler. */
async function compile(compiler, consumer, platform, module, files) {
  const { folder, lib = [], types = [], options } = platform;
  const cwd = join(consumer, folder);
  const modules =
    module === "bundler" ? { module: "esnext", moduleResolution: "bundler" } : { module };
  const compilerOptions = {
    ...OPTIONS,
    ...modules,
    ...options,
    lib: ["es2022", ...lib],
    types,
  };
  const project = join(cwd, `tsconfig-${randomUUID()}.json`);
  writeFileSync(project, JSON.stringify({ compilerOptions, files }));
  try {
    const { stdout } = await run(process.execPath, [compiler, "-p", project, "--pretty", "false"], {
      cwd,
    });
    return stdout;
  } catch (error) {
    return error.stdout || String(error);
  }
}

async function compilerOf(version) {
  const exact = COMPILERS[version];
  if (!exact) {
    throw new Error(
      `TypeScript ${version} is not in the list: ${Object.keys(COMPILERS).join(", ")}`,
    );
  }
  const folder = await installed(`typescript-${exact}`, `typescript@${exact}`);
  return join(folder, "node_modules", "typescript", "bin", "tsc");
}

await main(process.argv.slice(2));
