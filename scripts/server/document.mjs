// Writes the server's load into docs/reliability.md from target/bench/server.json: nothing but what was measured.
// usage: node scripts/server/document.mjs

import { readFileSync, writeFileSync } from 'node:fs';

const { machine, versions, rows } = JSON.parse(readFileSync('target/bench/server.json', 'utf8'));
const PATH = 'docs/reliability.md';
const TITLE = '## Load on one machine';

const whole = (value) => Math.round(value).toLocaleString('en');
const shown = ({ value, unit }) =>
  unit === 'bytes' ? `${(value / 2 ** 20).toFixed(1)} MiB` : unit === 'ms' ? `${value.toFixed(1)} ms` : `${whole(value)} / s`;
const lines = rows.map((row) => {
  const beside = row.ratio === undefined ? '' : `, the server ${row.ratio.toFixed(2)} × as many`;
  return `| ${row.case} | ${row.metric} | ${shown(row)}${beside} | ${row.n === 1 ? '' : whole(row.n)} |`;
});
const section = `${TITLE}

Written by \`./build.sh bench server [SECONDS] [--events N]\`, which measures 32 devices that send batches of 100 events to the
server on SQLite; client and server share ${machine.cores} cores (${machine.processor}, version ${versions.triqueta}). Half
load is half the rate that full load reached; a batch is timed from when it was due. The plain loop writes the same rows to a
database of the same settings without HTTP, without looking for repeats.

| Case | Metric | Measured | Events or batches |
| --- | --- | ---: | ---: |
${lines.join('\n')}
`;

const text = readFileSync(PATH, 'utf8');
const begin = text.indexOf(TITLE);
const kept = begin < 0 ? `${text.trimEnd()}\n\n` : text.slice(0, begin);
const rest = begin < 0 ? -1 : text.indexOf('\n## ', begin + 1);
writeFileSync(PATH, kept + section + (rest < 0 ? '' : text.slice(rest)));
