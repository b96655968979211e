// Turns the rows of single runs into one row a figure: the median of the runs, their spread, and the ratio to each peer. Ratios
// are medians too, of what was measured in one round: a machine that is slower for a while is so for both sides of them.
// usage: node scripts/training/summary.mjs RUNS.jsonl >MEASURED.json

import { readFileSync } from 'node:fs';

const runs = readFileSync(process.argv[2], 'utf8')
  .split('\n')
  .filter((line) => line)
  .map((line) => JSON.parse(line));

const OWN = 'triqueta';
const key = ({ case: name, peer, threads, metric }) => JSON.stringify([name, peer, threads, metric]);
const groups = new Map();
for (const run of runs) groups.set(key(run), [...(groups.get(key(run)) ?? []), run]);
const median = (values) => {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.floor(sorted.length / 2)]) / 2;
};
/** How many times one side's figure is the other's; nothing where a round lacks either. */
const ratio = (side, other) => {
  if (!side || !other || side.length !== other.length) return undefined;
  return median(side.map(({ value }, round) => value / other[round].value));
};

const rows = [...groups.values()].map((group) => {
  const [first] = group;
  const values = group.map(({ value }) => value);
  const own = groups.get(key({ ...first, peer: OWN }));
  const row = {
    ...first,
    value: median(values),
    spread: Math.max(...values) - Math.min(...values),
    n: values.length,
  };
  // How many times ours is the peer's: speeds above 1 and losses and memory below 1 are good.
  if (first.peer !== OWN) row.ratio = ratio(own, group);
  // What more threads give.
  if (first.threads > 1) row.over_one_thread = ratio(group, groups.get(key({ ...first, threads: 1 })));
  return row;
});
const peers = Object.fromEntries(runs.filter(({ version }) => version).map(({ peer, version }) => [peer, version]));
process.stdout.write(`${JSON.stringify({ day: new Date().toISOString().slice(0, 10), peers, rows }, null, 2)}\n`);

const cells = rows.map((row) => [
  row.case,
  row.peer,
  `${row.threads} thread${row.threads > 1 ? 's' : ''}`,
  row.metric,
  `${Number(row.value.toPrecision(4))} ${row.unit}`,
  row.ratio === undefined ? '' : `ours is ${row.ratio.toFixed(2)} ×`,
]);
const widths = cells[0]?.map((_, column) => Math.max(...cells.map((line) => line[column].length))) ?? [];
for (const line of cells) console.error(line.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd());
