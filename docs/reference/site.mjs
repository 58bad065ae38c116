// A plugin of TypeDoc: makes one site of the reference and the pages in contents.mjs.

import { Application, Converter, KindRouter, PageEvent, RendererEvent } from "typedoc";
import { arrange } from "./arrange.mjs";
import { brokenLinks } from "./broken-links.mjs";
import { TITLES } from "./contents.mjs";
import { extendMarkdown } from "./markdown.mjs";
import {
  hideInternalBases,
  linkGuides,
  removeNoise,
  shortenConstructors,
  showErrors,
} from "./reference.mjs";
import { onGitHub, pages, PROJECT, ProjectFiles } from "./project-files.mjs";

/** After what TypeDoc does at the same event. */
const LAST = -1000;

export function load(app) {
  const { converter, renderer } = app;
  app.files = new ProjectFiles();
  app.on(Application.EVENT_BOOTSTRAP_END, () => setOptions(app));
  converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, page) => nameAndLink(page));
  converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    removeNoise(project);
    showErrors(project);
    shortenConstructors(project);
    linkGuides(project);
  });
  converter.on(
    Converter.EVENT_RESOLVE_END,
    ({ project }) => {
      arrange(project);
      hideInternalBases(project);
    },
    LAST,
  );
  renderer.defineRouter("site", SiteRouter);
  const check = ({ outputDirectory }) => {
    for (const problem of brokenLinks(outputDirectory)) app.logger.error(problem);
  };
  renderer.on(RendererEvent.END, check, LAST);
}

/** TypeDoc reads its options again after it has loaded its plugins. */
function setOptions({ options, renderer }) {
  const documents = pages.map((page) => PROJECT + page);
  options.setValue("projectDocuments", documents);
  let current;
  renderer.on(PageEvent.BEGIN, (page) => (current = page));
  options.setValue("markdownItLoader", (parser) => {
    extendMarkdown(
      parser,
      (target) => renderer.router.relativeUrl(current.model, target),
      () => current.project,
    );
  });
}

/** `guide/redis.html`, `classes/RedisSessionStore.html`: stable, and without the name of a module. */
class SiteRouter extends KindRouter {
  getIdealBaseName(reflection) {
    if (reflection.isDocument()) {
      const [, name] = /([^/]+)\.md$/.exec(pathOf(reflection));
      return `guide/${name.toLowerCase()}`;
    }
    return `${this.directories.get(reflection.kind)}/${reflection.name.split("/").at(-1)}`;
  }
}

function pathOf(page) {
  return page.project.files.getReflectionPath(page);
}

/** Pages have no front matter for TypeDoc, because GitHub would show it. */
function nameAndLink(page) {
  const path = pathOf(page);
  const heading = /^# (.*)$/m.exec(page.content[0].text)[1];
  page.name = TITLES[path.slice(PROJECT.length)] ?? heading.replaceAll("`", "");
  page.content = page.content.map((part) => {
    const leavesSite = part.kind === "relative-link" && part.target === undefined;
    return leavesSite ? { kind: "text", text: onGitHub(path, part.text) } : part;
  });
}
