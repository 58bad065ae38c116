// Finds what is broken in a folder of HTML pages: links, anchors, and requests to other sites.

import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";

/** Tags whose address a browser requests without a click. */
const LOADED = /<(?:script|img|link|source|iframe)\b[^>]*?\s(?:src|href)="(https?:)?\/\/[^"]*"/g;

/** @returns one sentence for each problem. */
export function brokenLinks(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".html"));
  const pages = new Map(files.map((name) => [resolve(folder, name), readPage(folder, name)]));
  const problems = [];
  for (const [path, { html, links }] of pages) {
    const name = relative(folder, path);
    for (const [tag] of html.matchAll(LOADED)) problems.push(`${name} loads ${tag}`);
    for (const link of links) {
      const [file, anchor] = link.split("#");
      const target = file === "" ? path : resolve(dirname(path), decodeURI(file));
      const ids = pages.get(target)?.ids;
      // Without a server, a browser shows no page for a folder.
      const isFile = statSync(target, { throwIfNoEntry: false })?.isFile();
      if (!target.startsWith(resolve(folder)) || !isFile) {
        problems.push(`${name} links to ${link}, which does not exist.`);
      } else if (anchor && ids && !ids.has(decodeURIComponent(anchor))) {
        problems.push(`${name} links to ${link}, which has no such anchor.`);
      }
    }
  }
  return problems;
}

function readPage(folder, name) {
  const html = readFileSync(resolve(folder, name), "utf8");
  const attributes = [...html.matchAll(/\s(href|src|id)="([^"]*)"/g)];
  const valuesOf = (...names) =>
    attributes.filter(([, attribute]) => names.includes(attribute)).map(([, , value]) => value);
  const links = valuesOf("href", "src").filter((link) => !/^([a-z][a-z\d+.-]*:|\/\/)/i.test(link));
  return { html, links: new Set(links), ids: new Set(valuesOf("id")) };
}
