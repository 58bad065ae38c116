import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { type Document, PROJECT } from "./document.js";

/** The folder is in the project, so that the package's own name resolves to the built files. */
const FOLDER = `${PROJECT}/.cache/docs/app-blocks`;

/**
 * Makes a function of the code block of a document that has `part`: for example, one that adds
 * handlers to `app`. Its arguments are the names that the block uses and does not declare. It
 * returns the constants that the block declares.
 */
export async function appBlock(
  document: Document,
  part: string,
  ...names: string[]
): Promise<(...values: any[]) => Record<string, any>> {
  const block = document.blocksIn("ts").find(({ text }) => text.includes(part));
  if (!block) throw new Error(`No code in ${document.path} has ${part}`);
  const lines = block.text.split("\n");
  const imports = lines.filter((line) => line.startsWith("import "));
  const rest = lines.filter((line) => !line.startsWith("import "));
  const constants = [...block.text.matchAll(/^const (\w+)/gm)].map((match) => match[1]!);
  const module = [
    ...imports,
    `export default (${names.join(", ")}) => {`,
    ...rest,
    `return { ${constants.join(", ")} };`,
    "};",
  ].join("\n");
  const folder = `${FOLDER}/${document.path.replaceAll("/", "-")}-${block.line}`;
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(`${folder}/block.ts`, module);
    return (await import(`${folder}/block.ts`)).default;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
