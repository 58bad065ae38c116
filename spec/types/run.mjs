// Compiles the programs in this folder against the packed package, with each supported TypeScript.
// Correct code must compile and mistakes must not. The newest compiler must explain the mistakes
// well.
//
//   npm run test:types                with all of them
//   npm run test:types -- 5.4 7.0     with some

import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npmInstall, root, run, withConsumer } from "../package/consumer.mjs";

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
/** These two run with every module resolution. The others run with one. */
const ENDS = ["5.3", NEWEST];
const MODULES = ["node16", "nodenext", "bundler"];
/** ES modules and CommonJS are two programs, because each of them augments its own SessionData. */
const PROGRAMS = [["usage.ts", "mistakes.ts"], ["usage.cts"]];
const OPTIONS = {
  target: "es2022",
  lib: ["es2022", "dom", "dom.iterable"],
  types: [],
  strict: true,
  noEmit: true,
  noImplicitOverride: true,
};

async function main(wanted) {
  await withConsumer([], async (consumer) => {
    writeFileSync(
      join(consumer, "package.json"),
      JSON.stringify({ private: true, type: "module" }),
    );
    for (const file of PROGRAMS.flat()) {
      copyFileSync(join(root, "spec", "types", file), join(consumer, file));
    }
    for (const version of wanted.length > 0 ? wanted : Object.keys(COMPILERS)) {
      const compiler = await compilerOf(version);
      for (const module of ENDS.includes(version) ? MODULES : ["nodenext"]) {
        for (const files of PROGRAMS) {
          if (module === "bundler" && files[0].endsWith(".cts")) continue;
          const errors = await compile(compiler, consumer, module, files);
          if (errors !== "") throw new Error(`TypeScript ${version}, ${module}:\n${errors}`);
        }
      }
      if (version === NEWEST) await checkMessages(compiler, consumer);
      console.log(`TypeScript ${COMPILERS[version]} accepts correct code and rejects mistakes`);
    }
  });
}

/** Without the expectations, every mistake must cause the error message that it expects. */
async function checkMessages(compiler, consumer) {
  const failures = [];
  for (const file of ["mistakes.ts", "usage.cts"]) {
    const source = readFileSync(join(consumer, file), "utf8");
    const bare = `bare-${file}`;
    writeFileSync(join(consumer, bare), source.replaceAll("@ts-expect-error", "Expected"));
    const errors = await compile(compiler, consumer, "nodenext", [bare]);
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
async function compile(compiler, cwd, module, files) {
  const modules =
    module === "bundler" ? { module: "esnext", moduleResolution: "bundler" } : { module };
  const tsconfig = { compilerOptions: { ...OPTIONS, ...modules }, files };
  writeFileSync(join(cwd, "tsconfig.json"), JSON.stringify(tsconfig));
  try {
    const { stdout } = await run(process.execPath, [compiler, "--pretty", "false"], { cwd });
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
  const folder = join(root, ".cache", `typescript-${exact}`);
  const program = join(folder, "node_modules", "typescript", "bin", "tsc");
  if (!existsSync(program)) {
    console.log(`Fetching TypeScript ${exact}`);
    await npmInstall(folder, `typescript@${exact}`);
  }
  return program;
}

await main(process.argv.slice(2));
