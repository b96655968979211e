// Puts the native times of the engine's bench before those of the browser.
// usage: node scripts/engine/merge.mjs NATIVE.json BROWSER.json >MEASURED.json

import { readFileSync } from 'node:fs';

const [native, browser] = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, 'utf8')));
process.stdout.write(`${JSON.stringify({ ...browser, rows: [...native.rows, ...browser.rows] }, null, 2)}\n`);
