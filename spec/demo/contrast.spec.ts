import { readFileSync } from "node:fs";
import { expect } from "chai";

const STYLE = readFileSync(new URL("../../examples/demo/style.css", import.meta.url), "utf8");

/** The colours of texts, and what they are on. */
const PAIRS = [
  ["text", "page"],
  ["text", "card"],
  ["text", "tint"],
  ["faint", "page"],
  ["faint", "card"],
  ["faint", "tint"],
  ["accent", "page"],
  ["accent", "card"],
  ["accent", "tint"],
  ["on-accent", "accent"],
  ["bad", "card"],
  ["bad", "tint"],
] as const;

/** The luminance of a colour, as WCAG 2 defines it. */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const both = [luminance(one), luminance(other)];
  return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
}

describe("The demo's colours", () => {
  for (const [index, scheme] of ["light", "dark"].entries()) {
    it(`are readable: 4.5 to 1, as WCAG AA asks for (${scheme})`, () => {
      const block = [...STYLE.matchAll(/:root \{([^}]*)\}/g)][index]![1]!;
      const colours = new Map(
        [...block.matchAll(/--([\w-]+): (#[\da-f]{6});/g)].map(([, name, value]) => [name, value!]),
      );
      for (const [text, ground] of PAIRS) {
        const ratio = contrast(colours.get(text)!, colours.get(ground)!);
        expect(ratio, `${text} on ${ground}`).to.be.at.least(4.5);
      }
    });
  }
});
