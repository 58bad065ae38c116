import { FLOOR, OURS, OURS_ON_WEB_CRYPTO } from "./cases.mjs";
import { median } from "./statistics.mjs";
import { fieldOf, MAIN_CASES } from "./summary.mjs";
import { bothOf, timeOf } from "./tables.mjs";

// The picture is as wide as the text of a page on a phone. It is shown larger where there is room.
const WIDTH = 340;
const SHOWN_WIDTH = 480;
const FONT_SIZE = 12.5;
const CHARACTER = 7;
const MARGIN = 8;
const BARS = { from: 158, to: WIDTH - MARGIN };
const ROW = 22;
const BAR = 15;
const HEADING = 30;
/** The scale ends at this number of times this package's own longest bar. */
const SCALE = 3;

/** The page may be light or dark, so the picture has a background of its own in both. */
const STYLE = `
    text { font: ${FONT_SIZE}px system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; fill: #1f2328 }
    .strong { font-weight: 700 }
    .free { paint-order: stroke; stroke: #fff; stroke-width: 3px; stroke-linejoin: round }
    .page { fill: #fff; stroke: #d1d9e0 }
    .grid { stroke: #d1d9e0 }
    .cut { stroke: #fff; stroke-width: 3 }
    .read { fill: #c4ced6 } .write { fill: #9fb0bd }
    .floor .read { fill: #a8dcc0 } .floor .write { fill: #6dbf94 }
    .ours .read { fill: #ffc09f } .ours .write { fill: #f28c54 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .free { stroke: #0d1117 }
      .page { fill: #0d1117; stroke: #3d444d }
      .grid { stroke: #3d444d }
      .cut { stroke: #0d1117 }
      .read { fill: #566473 } .write { fill: #3a4653 }
      .floor .read { fill: #2f8059 } .floor .write { fill: #205c40 }
      .ours .read { fill: #d96f32 } .ours .write { fill: #a34a17 }
    }`;

/** Draws the times of the main tables as bars on one linear scale that begins at zero. */
export function picture({ fields }) {
  const cases = MAIN_CASES.filter(({ kind }) => fieldOf(fields, kind)).map((one) => ({
    ...one,
    contenders: fieldOf(fields, one.kind)
      .contenders.filter(({ id }) => id !== OURS_ON_WEB_CRYPTO)
      .toSorted((a, b) => median(bothOf(a, one.load)) - median(bothOf(b, one.load))),
  }));
  const own = cases.map(({ contenders, load }) =>
    lengthOf(
      contenders.find(({ id }) => id === OURS),
      load,
    ),
  );
  const scale = linearScale(Math.max(...own) * SCALE);
  const parts = [legend(scale)];
  let y = 66;
  for (const { name, load, contenders } of cases) {
    parts.push(text(MARGIN, y + 20, `With ${name}`, "strong"));
    y += HEADING;
    parts.push(...grid(scale, y - 4, y + contenders.length * ROW - 4));
    for (const contender of contenders) {
      parts.push(bar(contender, load, scale, y));
      y += ROW;
    }
  }
  const height = y + 4;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${SHOWN_WIDTH}" height="${Math.round((height * SHOWN_WIDTH) / WIDTH)}" viewBox="0 0 ${WIDTH} ${height}">
  <title>Microseconds to read and to change a session</title>
  <style>${STYLE}
  </style>
  <rect class="page" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>
${parts.map((part) => `  ${part}`).join("\n")}
</svg>
`;
}

function lengthOf(contender, load) {
  return timeOf(contender, "read", load) + timeOf(contender, "write", load);
}

function legend({ ticks, x }) {
  return [
    text(MARGIN, 20, "Microseconds per request", "strong"),
    rect("read", MARGIN, 29, 24),
    text(MARGIN + 30, 40, "read"),
    rect("write", 74, 29, 24),
    text(104, 40, "change"),
    ...ticks.map((tick) => text(x(tick), 60, `${tick}`, "", tick === 0 ? "start" : "middle")),
    rect("read", BARS.from, 29, 24),
    slash(BARS.from + 8, 29),
    text(BARS.from + 30, 40, "longer than the scale"),
  ].join("\n  ");
}

function grid({ ticks, x }, top, bottom) {
  return ticks.map(
    (tick) =>
      `<line class="grid" x1="${round(x(tick))}" y1="${top}" x2="${round(x(tick))}" y2="${bottom}"/>`,
  );
}

/** Read and write, one behind the other. */
function bar(contender, load, { x, end }, top) {
  const read = timeOf(contender, "read", load);
  const total = lengthOf(contender, load);
  const isCut = total > end;
  const middle = x(Math.min(read, end));
  const last = x(Math.min(total, end));
  const label = [read, total - read].map(short).join(" + ");
  const isInside = last + 4 + label.length * CHARACTER > BARS.to;
  const kind = { [OURS]: "ours", [FLOOR]: "floor" }[contender.id] ?? "peer";
  const weight = kind === "peer" ? "" : "strong";
  return [
    `<g class="${kind}">`,
    text(MARGIN, top + 12, contender.title, weight),
    rect("read", BARS.from, top, middle - BARS.from),
    rect("write", middle, top, last - middle),
    isCut ? slash(last - 14, top) : "",
    isInside
      ? text(BARS.from + 6, top + 12, label, weight)
      : text(last + 5, top + 12, label, `free ${weight}`.trim()),
    "</g>",
  ]
    .filter(Boolean)
    .join("");
}

function linearScale(length) {
  const step = [10, 20, 25, 50, 100, 200, 250, 500, 1000, 2500].find((one) => length / one <= 4.5);
  const end = Math.ceil(length / step) * step;
  const ticks = Array.from({ length: Math.ceil(end / step) }, (_, i) => i * step);
  return { end, ticks, x: (value) => BARS.from + (value / end) * (BARS.to - BARS.from) };
}

/** The mark of a bar that is longer than the scale. */
function slash(x, y) {
  return `<path class="cut" d="M${round(x)} ${y + BAR + 2}l6 ${-BAR - 4}m3 0l-6 ${BAR + 4}"/>`;
}

function rect(kind, x, y, width) {
  return `<rect class="${kind}" x="${round(x)}" y="${y}" width="${round(width)}" height="${BAR}"/>`;
}

function short(time) {
  return time < 10 ? time.toFixed(1) : Math.round(time).toLocaleString("en");
}

function text(x, y, content, kind = "", anchor = "start") {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const attributes = [kind && ` class="${kind}"`, anchor !== "start" && ` text-anchor="${anchor}"`];
  return `<text x="${round(x)}" y="${round(y)}"${attributes.filter(Boolean).join("")}>${escaped}</text>`;
}

function round(number) {
  return Math.round(number * 10) / 10;
}
