// What the site adds to the Markdown of pages and of doc comments.

import { GITHUB, pageAt } from "./project-files.mjs";

/** @param urlTo Returns the address of a page or an export, from the page that is being rendered. */
export function extendMarkdown(parser, urlTo, getProject) {
  parser.core.ruler.push("site", ({ tokens, Token }) => {
    const project = getProject();
    for (const [index, token] of tokens.entries()) {
      // TypeDoc would take a block without a language for TypeScript.
      if (token.type === "fence" && token.info === "") token.info = "text";
      if (token.type !== "inline") continue;
      if (tokens[index - 1].type === "heading_open") token.children.forEach(countInAnchor);
      else token.children = linkNames(token.children, Token, (name) => find(name, project), urlTo);
      token.children.forEach((child) => keepOnSite(child, project, urlTo));
    }
  });
}

/** TypeDoc leaves code out of the anchor of a heading. GitHub does not. */
function countInAnchor(token) {
  if (token.type === "code_inline") token.children = [{ type: "text", content: token.content }];
}

/** Links each name of an export, and each member of `ctx.session`, to the reference. */
function linkNames(tokens, Token, findName, urlTo) {
  let isInLink = false;
  return tokens.flatMap((token) => {
    if (token.type === "link_open") isInLink = true;
    if (token.type === "link_close") isInLink = false;
    const target = token.type === "code_inline" && !isInLink && findName(token.content);
    const url = target ? urlTo(target) : "";
    if (url === "") return [token];
    const open = new Token("link_open", "a", 1);
    open.attrSet("href", url);
    return [open, token, new Token("link_close", "a", -1)];
  });
}

function find(name, project) {
  const [, object, member, call] = /^(ctx\.session\.)?(\w+)(\(.*\))?$/.exec(name) ?? [];
  const all = project.children.flatMap((module) => module.children);
  if (object) {
    const session = all.find((child) => child.name === "Session");
    return session.children.find((child) => child.name === member);
  }
  if (/^ERR_SESSION_\w/.test(name)) return all.find((child) => child.name === "SessionErrorCode");
  // `session` without parentheses is also the name of the cookie.
  return all.find((child) => child.name === member && Boolean(child.signatures) === Boolean(call));
}

/** A doc comment has the address of a page on GitHub, because it is also read in editors. */
function keepOnSite(token, project, urlTo) {
  const href = token.type === "link_open" ? token.attrGet("href") : null;
  if (!href?.startsWith(GITHUB)) return;
  const [path, anchor] = href.slice(GITHUB.length).split("#");
  const page = pageAt(path, project);
  if (page) token.attrSet("href", urlTo(page) + (anchor ? `#${anchor}` : ""));
}
