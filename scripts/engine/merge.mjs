// Puts the native times of the engine's bench before those of the browser, and those of other browsers behind them.
// usage: node scripts/engine/merge.mjs NATIVE.json BROWSER.json ELSEWHERE.json >MEASURED.json

import { readFileSync } from 'node:fs';

const [native, browser, elsewhere] = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, 'utf8')));
const rows = [native, browser, elsewhere].flatMap((measured) => measured.rows);
process.stdout.write(`${JSON.stringify({ ...browser, rows }, null, 2)}\n`);
