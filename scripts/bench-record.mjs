// Puts machine and versions beside what a bench measured, writes target/bench/NAME.json and prints the rows.
// usage: node scripts/bench-record.mjs NAME MEASURED.json

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

const [name, measured] = process.argv.slice(2);
const said = (program, ...parameters) => execFileSync(program, parameters, { encoding: 'utf8' }).trim();
const { rows, ...facts } = JSON.parse(readFileSync(measured, 'utf8'));

const record = {
  name,
  ...facts,
  machine: { processor: cpus()[0].model, cores: cpus().length, memory_gib: Math.round(totalmem() / 2 ** 30) },
  versions: { triqueta: said('git', 'describe', '--always', '--dirty'), rustc: said('rustc', '--version') },
  rows,
};
const path = `target/bench/${name}.json`;
writeFileSync(path, `${JSON.stringify(record, null, 2)}\n`);

const number = (value) => (value === undefined || value === null ? '' : value.toFixed(4));
const table = rows.map((row) => [row.case, row.metric, number(row.value), number(row.spread), `n=${row.n ?? ''}`]);
const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((cells) => cells[column].length)));
for (const cells of table) {
  const [label, metric, value, spread] = cells.slice(0, 4).map((cell, column) => cell.padEnd(widths[column]));
  console.log(`${label}  ${metric}  ${value}  ${spread && `± ${spread}`}  ${cells[4]}`);
}
console.log(`${rows.length} rows in ${path}`);
