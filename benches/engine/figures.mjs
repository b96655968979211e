// What many samples of one thing come to.

/** Rows of 10th and 95th of a hundred and the median, by nearest rank. */
export function figures(about, values, unit) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  return Object.entries({ p10: 0.1, median: 0.5, p95: 0.95 }).map(([metric, share]) => {
    return { ...about, metric, value: at(share), unit, n: sorted.length };
  });
}
