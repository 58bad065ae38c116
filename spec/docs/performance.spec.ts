import { expect } from "chai";
import { existsSync, readFileSync } from "node:fs";
import { Document, PROJECT } from "./document.js";

const RESULT = JSON.parse(readFileSync(`${PROJECT}/bench/result.json`, "utf8"));

interface Contender {
  readonly id: string;
  readonly title: string;
  readonly times: Record<string, number[]>;
}

/** The modules of the benchmark have no types. */
async function benchModule(name: string) {
  return import(`${PROJECT}/bench/${name}.mjs`);
}

describe("The pages about performance", () => {
  it("are written from the last measurement, word for word", async () => {
    const { pagesOf } = await benchModule("pages");
    const pages: Record<string, string> = await pagesOf(RESULT);
    for (const [path, text] of Object.entries(pages)) {
      expect(existsSync(`${PROJECT}/${path}`), path).to.equal(true);
      expect(readFileSync(`${PROJECT}/${path}`, "utf8"), path).to.equal(text);
    }
  });

  it("have a complete measurement: all contenders, and as many rounds as `npm run bench` takes", async () => {
    const { FIELDS } = await benchModule("cases");
    expect(RESULT.measured.command).to.equal("npm run bench");
    for (const { kind, contenders } of RESULT.fields as {
      kind: string;
      contenders: Contender[];
    }[]) {
      expect(contenders.map(({ id }) => id)).to.deep.equal(FIELDS[kind]);
      for (const { title, times } of contenders) {
        for (const [name, rounds] of Object.entries(times)) {
          expect(rounds, `${kind}, ${title}, ${name}`).to.have.lengthOf(9);
        }
      }
    }
  });

  for (const path of ["docs/performance.md", "docs/performance-appendix.md"]) {
    it(`have tables of at most five columns: ${path}`, () => {
      const rows = new Document(path).text.split("\n").filter((line) => line.startsWith("|"));
      expect(rows).to.not.have.lengthOf(0);
      for (const row of rows) expect(row.split("|").length - 2, row).to.be.at.most(5);
    });
  }

  it("say that all libraries are faster, if this package is slow", async () => {
    const text = await summaryWith(100_000);
    expect(text)
      .to.include("are faster")
      .and.not.match(/slower|about as fast/);
  });

  it("say that all libraries are slower, if this package is fast", async () => {
    const text = await summaryWith(1 / 100_000);
    expect(text)
      .to.include("are slower")
      .and.not.match(/faster|about as fast/);
  });
});

/** The sentences for the measured times, with those of this package multiplied by a factor. */
async function summaryWith(factor: number): Promise<string> {
  const { summary } = await benchModule("summary");
  const fields = structuredClone(RESULT.fields) as { contenders: Contender[] }[];
  for (const { times } of fields.flatMap(({ contenders }) => contenders.slice(0, 1))) {
    for (const name of Object.keys(times)) times[name] = times[name]!.map((time) => time * factor);
  }
  return summary(fields);
}
