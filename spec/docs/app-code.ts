import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { CodeBlock } from "./document.js";
import { PROJECT } from "./document.js";

/** The folder is in the project, so that the package's own name resolves to the built files. */
const FOLDER = `${PROJECT}/.cache/docs/app-code`;

/**
 * Makes a function of code blocks: for example, one that adds handlers to `app`. Its arguments are
 * the names that the code uses and does not declare. It returns the constants that the code declares.
 */
export async function appCode(
  blocks: readonly CodeBlock[],
  ...names: string[]
): Promise<(...values: any[]) => Record<string, any>> {
  if (blocks.length === 0) throw new Error("The document has no such code");
  const lines = blocks.flatMap(({ text }) => text.split("\n"));
  const constants = lines.flatMap((line) => /^const (\w+)/.exec(line)?.[1] ?? []);
  const module = [
    ...lines.filter((line) => line.startsWith("import ")),
    `export default (${names.join(", ")}) => {`,
    ...lines.filter((line) => !line.startsWith("import ")),
    `return { ${constants.join(", ")} };`,
    "};",
  ].join("\n");
  mkdirSync(FOLDER, { recursive: true });
  const file = `${FOLDER}/${crypto.randomUUID()}.ts`;
  try {
    writeFileSync(file, module);
    return (await import(file)).default;
  } finally {
    rmSync(file);
  }
}
