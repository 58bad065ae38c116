import { nameOf } from "./comparison.mjs";
import { median } from "./statistics.mjs";

const WIDTH = 960;
const NAME_WIDTH = 210;
const BAR = 14;
const ROW = 40;
const TITLE = 34;
const CHART = { width: 290, height: 150, gap: 25 };
const COLORS = { read: "#7aa6c2", write: "#2b5d80", ours: "#c2572b", line: "#999" };

/**
 * Draws bars for every kind of session (medium data, one request at a time), and a chart for every
 * quantity that grows.
 */
export function picture({ fields, lines }) {
  let y = 20;
  const parts = [];
  for (const field of fields.filter(({ kind }) => kind !== "nothing")) {
    parts.push(bars(field, y));
    y += TITLE + field.contenders.length * ROW + 16;
  }
  if (lines.length > 0) {
    parts.push(text(10, y + 12, "How the cost of a write grows (µs; both axes logarithmic)", 15));
    y += TITLE;
    for (const [i, line] of lines.entries()) {
      const column = i % 3;
      parts.push(chart(line, 10 + column * (CHART.width + CHART.gap), y));
      if (column === 2 || i === lines.length - 1) y += CHART.height + 50;
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${y}" fill="#fff"/>
${parts.join("\n")}
</svg>
`;
}

/** The scale is logarithmic: some contenders take hundreds of times as long as others. */
function bars({ kind, contenders }, top) {
  const parts = [
    text(
      10,
      top + 12,
      `${kind}: µs per request, medium data, one request at a time (logarithmic)`,
      15,
    ),
  ];
  const scale = logScale([1, 20_000], [NAME_WIDTH, WIDTH - 80]);
  for (const [row, { id, title, times }] of contenders.entries()) {
    const y = top + TITLE + row * ROW;
    parts.push(text(10, y + 18, title));
    for (const [i, action] of ["read", "write"].entries()) {
      const time = median(times[nameOf({ action, size: "medium", inFlight: 1 })]);
      const end = scale(time);
      const color = id === "hattip-session" && action === "write" ? COLORS.ours : COLORS[action];
      const at = y + i * (BAR + 1);
      parts.push(
        `<rect x="${NAME_WIDTH}" y="${at}" width="${round(end - NAME_WIDTH)}" height="${BAR}" fill="${color}"/>`,
        text(end + 5, at + 11, `${action} ${time < 100 ? time.toFixed(1) : Math.round(time)}`, 11),
      );
    }
  }
  return parts.join("\n");
}

function chart({ title, points }, left, top) {
  const times = points.map(({ time }) => time);
  const x = logScale([points[0].x, points.at(-1).x], [left + 10, left + CHART.width - 30]);
  // The axis has at least two decades, so that a constant cost looks flat.
  const low = Math.min(...times) / 3;
  const y = logScale([low, Math.max(low * 100, ...times)], [top + CHART.height, top + 24]);
  const marks = points.flatMap((point) => [
    `<circle cx="${round(x(point.x))}" cy="${round(y(point.time))}" r="3" fill="${COLORS.ours}"/>`,
    text(x(point.x) - 8, y(point.time) - 8, point.time.toFixed(0), 10),
    text(x(point.x) - 8, top + CHART.height + 14, short(point.x), 10),
  ]);
  const path = points.map((point) => `${round(x(point.x))},${round(y(point.time))}`).join(" ");
  return [
    text(left, top + 10, title),
    `<line x1="${left}" y1="${top + CHART.height}" x2="${left + CHART.width}" y2="${top + CHART.height}" stroke="${COLORS.line}"/>`,
    `<polyline points="${path}" fill="none" stroke="${COLORS.ours}" stroke-width="2"/>`,
    ...marks,
  ].join("\n");
}

function logScale([from, to], [start, end]) {
  const span = Math.log(to / from) || 1;
  return (value) => start + (Math.log(value / from) / span) * (end - start);
}

function short(number) {
  if (number >= 1_000_000) return `${number / 1_000_000}M`;
  return number >= 1000 ? `${number / 1000}k` : `${number}`;
}

function text(x, y, content, size = 12) {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}">${escaped}</text>`;
}

function round(number) {
  return Math.round(number * 10) / 10;
}
