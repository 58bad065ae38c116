// Puts pages and exports into the sections of contents.mjs.

import { ReflectionCategory } from "typedoc";
import { EXPORTS, PAGES } from "./contents.mjs";
import { pageAt } from "./project-files.mjs";

/** @throws {Error} if contents.mjs leaves out an export, or has one that does not exist. */
export function arrange(project) {
  const modules = project.children;
  project.categories = [
    ...sections(PAGES, (path) => pageAt(path, project)),
    section("Reference", modules),
  ];
  for (const module of modules) {
    const groups = EXPORTS[module.name];
    const listed = Object.values(groups).flat();
    const unlisted = module.children.filter(({ name }) => !listed.includes(name));
    if (unlisted.length > 0) {
      const names = unlisted.map(({ name }) => name);
      throw new Error(`EXPORTS in contents.mjs has no place for ${names.join(", ")}.`);
    }
    module.categories = sections(groups, (name) =>
      module.children.find((child) => child.name === name),
    );
  }
}

function sections(groups, find) {
  return Object.entries(groups).map(([title, names]) => section(title, names.map(found(find))));
}

function found(find) {
  return (name) => {
    const reflection = find(name);
    if (reflection) return reflection;
    throw new Error(`contents.mjs has ${name}, which does not exist.`);
  };
}

function section(title, children) {
  const category = new ReflectionCategory(title);
  category.children = children;
  return category;
}
