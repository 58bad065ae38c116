import { BUSY, ON_WEB_CRYPTO, OURS_ON_WEB_CRYPTO } from "./cases.mjs";
import { goals } from "./goals.mjs";
import { bundles as bundlesSection } from "./sizes.mjs";
import { startUp as startUpSection } from "./startup.mjs";
import { fieldOf } from "./summary.mjs";
import { HEADINGS, LACKS, lacksOf, micros, table, timesTable, titleOf } from "./tables.mjs";
import { median } from "./statistics.mjs";
import { SIZES } from "./workload.mjs";

/** docs/performance-appendix.md: all that the main page leaves out. */
export function appendix({ measured, fields, lines, startUp, bundles }) {
  const sessions = fields.filter(({ kind }) => kind !== "nothing");
  return `${[
    introduction(measured),
    section("More kinds of sessions", "Small data, one request at a time.", [
      ...tablesOf(sessions, ["unsigned", "memory"], {}, ["lacks", lacksOf]),
    ]),
    section(
      "Medium data",
      `${SIZES.medium} bytes of JSON instead of ${SIZES.small}. The last column has the bytes of the cookie's value.`,
      tablesOf(sessions, ALL, { size: "medium" }, bytes("medium")),
    ),
    section(
      `${BUSY} requests in flight`,
      "Small data. The last column has the bytes of the cookie's value.",
      [
        ...tablesOf(sessions, WITHOUT_REDIS, { inFlight: BUSY }, bytes("small")),
        ...tablesOf(
          sessions,
          ["redis"],
          { size: "medium", inFlight: BUSY },
          bytes("medium"),
          ", medium data",
        ),
      ],
    ),
    webCrypto(sessions),
    section(
      "Visitors without a session, and memory",
      "A request without a cookie whose handler does not use the session, in microseconds. And the kilobytes that a write of medium data allocates.",
      sessions.map(visitors),
    ),
    goals(fields),
    lines.length > 0 && growth(lines),
    startUp && startUpSection(startUp),
    bundlesSection(bundles),
    lacks(fields),
    versions(measured, fields),
  ]
    .filter(Boolean)
    .join("\n\n")}\n`;
}

const WITHOUT_REDIS = ["signed", "encrypted", "unsigned", "memory"];
const ALL = [...WITHOUT_REDIS, "redis"];

function introduction({ command }) {
  return `# What a session costs: appendix

\`${command}\` has written this page, with [the main page](performance.md), which explains the columns and how the times
are measured. Times are microseconds per request.`;
}

function section(heading, text, tables) {
  return tables.length > 0 && [`## ${heading}`, text, ...tables].join("\n\n");
}

function tablesOf(fields, kinds, load, column, suffix = "") {
  return kinds.flatMap((kind) => {
    const field = fieldOf(fields, kind);
    if (!field) return [];
    return [`### ${HEADINGS[kind]}${suffix}`, timesTable(field.contenders, load, column)];
  });
}

function bytes(size) {
  return ["bytes", (contender) => contender.bytes[size]];
}

function webCrypto(fields) {
  const tables = fields.flatMap(({ kind, contenders }) => {
    const ours = contenders.find(({ id }) => id === OURS_ON_WEB_CRYPTO);
    if (!ours) return [];
    const others = contenders.filter(({ id }) => ON_WEB_CRYPTO.includes(id));
    return [
      `### ${HEADINGS[kind]}, only Web Crypto`,
      timesTable([ours, ...others], { inFlight: BUSY }, ["lacks", lacksOf]),
    ];
  });
  return section(
    "Web Crypto alone",
    `On Node, this package uses \`node:crypto\`. Elsewhere it uses Web Crypto, as these libraries do everywhere. Small data, ${BUSY} requests in flight, all on Node.`,
    tables,
  );
}

function visitors({ kind, contenders }) {
  const rows = contenders.map((contender) => [
    titleOf(contender),
    micros(median(contender.times.anonymous)),
    contender.kilobytes["write medium 1"].toFixed(1),
  ]);
  return `### ${HEADINGS[kind]}: visitors and memory\n\n${table(["", "no session", "KB"], rows)}`;
}

function growth(lines) {
  const parts = lines.map(({ title, points }) => {
    const cells = points.map(({ x, time }) => `${x.toLocaleString("en")}: ${micros(time)}`);
    return [title, cells.join(" · ")];
  });
  return `## How the cost grows

The time of a write of this package, while one quantity grows and all others are small.

${table(["", "quantity: microseconds"], parts)}`;
}

function lacks(fields) {
  const used = new Set(
    fields.flatMap(({ contenders }) => contenders.flatMap((one) => [...one.lacks])),
  );
  const rows = Object.entries(LACKS)
    .filter(([letter]) => used.has(letter))
    .map(([, [term, meaning]]) => [term, meaning]);
  return `## What some lack

${table(["without", ""], rows)}`;
}

function versions({ node }, fields) {
  const contenders = fields.flatMap((field) => field.contenders);
  const tooNew = distinct(contenders.flatMap((contender) => contender.tooNew));
  const note = `These ask for a newer Node than ${node}, and work on it as measured here: ${tooNew.join(", ")}.`;
  return [
    "## Versions",
    `${distinct(contenders.flatMap((contender) => contender.versions)).join(", ")}.`,
    ...(tooNew.length > 0 ? [note] : []),
  ].join("\n\n");
}

function distinct(words) {
  return [...new Set(words)].toSorted((a, b) => a.localeCompare(b));
}
