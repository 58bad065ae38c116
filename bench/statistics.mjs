export function quantile(values, part) {
  const sorted = values.toSorted((a, b) => a - b);
  const position = (sorted.length - 1) * part;
  const low = Math.floor(position);
  const high = Math.ceil(position);
  return sorted[low] + (sorted[high] - sorted[low]) * (position - low);
}

export function median(values) {
  return quantile(values, 0.5);
}

/** The median and the quartiles of the ratios between two series, round by round. */
export function ratioOf(times, reference) {
  const ratios = times.map((time, round) => time / reference[round]);
  return { median: median(ratios), low: quantile(ratios, 0.25), high: quantile(ratios, 0.75) };
}

/** Four digits. The clock is not more precise, and the saved result stays small. */
export function rounded(value) {
  return Number(value.toPrecision(4));
}
