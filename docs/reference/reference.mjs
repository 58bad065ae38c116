// What the pages of classes and functions show.

import { ReflectionKind } from "typedoc";
import { GUIDES } from "./contents.mjs";
import { GITHUB, pageAt } from "./project-files.mjs";

/** The authors of stores read about hooks here. Elsewhere, readers look for what they can call. */
const BASE_CLASSES = ["CookieStore", "ExternalStore"];
/** What `session()` and TypeScript alone use. */
const PLUMBING = ["storeProtocol", "~data"];

export function removeNoise(project) {
  for (const member of project.getReflectionsByKind(ReflectionKind.ClassMember)) {
    const { name, flags, parent } = member;
    if (!parent.kindOf(ReflectionKind.Class)) continue;
    const isHook = flags.isProtected || name === "release";
    const isRepeated = isHook && !BASE_CLASSES.includes(parent.name);
    if (isRepeated || PLUMBING.includes(name)) project.removeReflection(member);
  }
}

/** A base class that is not exported has no page. Its members count as those of the exported class. */
export function hideInternalBases(project) {
  for (const reflection of Object.values(project.reflections)) {
    for (const origin of ["inheritedFrom", "overwrites"]) {
      if (reflection[origin] && !reflection[origin].reflection) reflection[origin] = undefined;
    }
    const { typeHierarchy: base } = reflection;
    if (!base || base.isTarget || base.types.some((type) => type.reflection)) continue;
    reflection.typeHierarchy = base.next.next && base.next;
  }
}

/** The constructor has the type parameters of its class, whose page has just explained them. */
export function shortenConstructors(project) {
  for (const { signatures } of project.getReflectionsByKind(ReflectionKind.Constructor)) {
    for (const signature of signatures ?? []) signature.typeParameters = undefined;
  }
}

/** TypeDoc writes the type of an error on a line of its own. */
export function showErrors(project) {
  for (const { comment } of Object.values(project.reflections)) {
    for (const tag of comment?.getTags("@throws") ?? []) {
      if (tag.typeAnnotation === undefined) continue;
      const type = tag.typeAnnotation.replaceAll(/[{}]/g, "");
      tag.content.unshift({ kind: "code", text: `\`${type}\`` }, { kind: "text", text: " " });
      tag.typeAnnotation = undefined;
    }
  }
}

/** Links an export to the pages of the guide that explain it. */
export function linkGuides(project) {
  for (const module of project.children) {
    for (const [name, pages] of Object.entries(GUIDES)) {
      const owner = module.children.find((child) => child.name === name);
      const comment = owner?.comment ?? owner?.signatures?.[0].comment;
      const links = pages.map((link) => `[${titleOf(link, project)}](${GITHUB}${link})`);
      comment?.summary.push({ kind: "text", text: `\n\n**Guide:** ${links.join(" · ")}` });
    }
  }
}

function titleOf(link, project) {
  const [path, anchor] = link.split("#");
  if (anchor === undefined) return pageAt(path, project).name;
  const words = anchor.replaceAll("-", " ");
  return words[0].toUpperCase() + words.slice(1);
}
