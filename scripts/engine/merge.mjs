// Puts the native times of the engine's bench before those of the browser, whose file tells of the run.
// usage: node scripts/engine/merge.mjs NATIVE.json… BROWSER.json >MEASURED.json

import { readFileSync } from 'node:fs';

const parts = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, 'utf8')));
const rows = parts.flatMap((part) => part.rows);
process.stdout.write(`${JSON.stringify({ ...parts.at(-1), rows }, null, 2)}\n`);
