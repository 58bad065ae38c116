import { format } from "prettier";
import { appendix } from "./appendix.mjs";
import { picture } from "./picture.mjs";
import { report } from "./report.mjs";

/** The files that a measurement makes, by their paths in the project. */
export async function pagesOf(result) {
  const markdown = (text) => format(text, { parser: "markdown", printWidth: 100 });
  return {
    "docs/performance.md": await markdown(report(result)),
    "docs/performance-appendix.md": await markdown(appendix(result)),
    "docs/performance.svg": picture(result),
  };
}
