import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

export interface CodeBlock {
  readonly language: string;
  readonly text: string;
  /** The line number of its first line in the document. */
  readonly line: number;
  /** The file name in the line before it, if there is one. */
  readonly fileName: string | undefined;
}

/** A Markdown file of the project. */
export class Document {
  /** The path, relative to the project's root. */
  readonly path: string;
  readonly text: string;

  constructor(path: string) {
    this.path = path;
    this.text = readFileSync(`${PROJECT}/${path}`, "utf8");
  }

  get blocks(): CodeBlock[] {
    const fences = this.text.matchAll(/^( *)```(\w*)\n(.*?)^\1```$/gms);
    return [...fences].map(({ index, 1: indent = "", 2: language = "", 3: text = "" }) => {
      const before = this.text.slice(0, index);
      const lastLine = before.trimEnd().split("\n").at(-1)!;
      return {
        language,
        text: text.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
        line: before.split("\n").length + 1,
        fileName: /`([\w-]+\.(?:ts|mjs|cjs))`/.exec(lastLine)?.[1],
      };
    });
  }

  blocksIn(language: string): CodeBlock[] {
    return this.blocks.filter((block) => block.language === language);
  }

  /** The code blocks in this language that have `part`. */
  blocksWith(language: string, part: string): CodeBlock[] {
    return this.blocksIn(language).filter(({ text }) => text.includes(part));
  }

  /** The code blocks in this language below a heading of the second level. */
  blocksBelow(heading: string, language: string): CodeBlock[] {
    const lines = this.text.split("\n");
    const from = lines.indexOf(`## ${heading}`);
    const to = lines.findIndex((line, index) => index > from && line.startsWith("## "));
    return this.blocksIn(language).filter(({ line }) => line > from && line <= to);
  }

  /** The targets of its links, except links to other sites. */
  get links(): string[] {
    const links = [...this.prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
    return links.filter((link) => !/^\w+:/.test(link));
  }

  /** The anchors that GitHub derives from the headings. */
  get anchors(): string[] {
    const headings = [...this.prose.matchAll(/^#+ (.*)$/gm)].map((match) => match[1]!);
    return headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, "")
        .replaceAll(" ", "-"),
    );
  }

  private get prose(): string {
    return this.text.replace(/^( *)```.*?^\1```$/gms, "");
  }
}

/** The Markdown files in the root and in docs/. */
export function documents(): Document[] {
  const inDocs = readdirSync(`${PROJECT}/docs`)
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`);
  const atRoot = readdirSync(PROJECT).filter((name) => name.endsWith(".md"));
  return [...atRoot, ...inDocs].map((path) => new Document(path));
}
