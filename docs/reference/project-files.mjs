// Where the links of a page lead: to another page of the site, to an image, or to GitHub.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ValidatingFileRegistry } from "typedoc";
import { PAGES } from "./contents.mjs";

export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

const { repository } = JSON.parse(readFileSync(`${PROJECT}package.json`, "utf8"));
const REPOSITORY = repository.url.replace(/^git\+|\.git$/g, "");

/** The project's files on GitHub begin with this address. */
export const GITHUB = `${REPOSITORY}/blob/main/${repository.directory}/`;

/** The paths of all pages, relative to the project. */
export const pages = Object.values(PAGES).flat();

const inDocs = readdirSync(`${PROJECT}docs`)
  .filter((name) => name.endsWith(".md"))
  .map((name) => `docs/${name}`);
for (const page of inDocs) {
  if (pages.includes(page)) continue;
  throw new Error(
    `${page} has no place on the site: add it to PAGES in docs/reference/contents.mjs`,
  );
}

/** The page that TypeDoc has made of a file. */
export function pageAt(path, { documents, files }) {
  return documents.find((page) => files.getReflectionPath(page) === PROJECT + path);
}

/** The path of a link's target, relative to the project. */
export function targetOf(source, link) {
  const path = decodeURI(link.replace(/#.*/, ""));
  return relative(PROJECT, resolve(dirname(source), path));
}

/** The address on GitHub of a file or folder that is not a page of the site. */
export function onGitHub(source, link) {
  const path = targetOf(source, link);
  const target = statSync(PROJECT + path, { throwIfNoEntry: false });
  // The link check reports it.
  if (!target) return link;
  const address = target.isDirectory() ? GITHUB.replace("/blob/", "/tree/") : GITHUB;
  return address + path + (/#.*/.exec(link)?.[0] ?? "");
}

/** TypeDoc would copy every file that a page links to: browsers download the programs among them. */
export class ProjectFiles extends ValidatingFileRegistry {
  register(source, link) {
    const path = targetOf(source, link);
    const isOnSite = pages.includes(path) || /\.(png|svg)$/.test(path);
    return isOnSite ? super.register(source, link) : undefined;
  }
}
