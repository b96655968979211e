// What a visitor downloads of the package: `size.mjs write` keeps the sizes in pkg/size.txt, `size.mjs check` compares.
// A change shows as a diff; growth beyond the tolerance fails until the new sizes are accepted.
import { readFileSync, writeFileSync } from 'node:fs';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const kept = new URL('../pkg/size.txt', import.meta.url);
const files = ['triqueta', 'ranking'].flatMap((name) => [`${name}_bg.wasm`, `${name}_scalar_bg.wasm`, `${name}.js`]);
/** How far a file may grow unnoticed: compilers of two routes differ by about this. */
const TOLERANCE = 0.03;

const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 } };
const measured = files.map((file) => {
  const bytes = readFileSync(new URL(`../pkg/dist/wasm/${file}`, import.meta.url));
  const compressed = [gzipSync(bytes, { level: 9 }), brotliCompressSync(bytes, quality)];
  return [file, bytes.length, ...compressed.map((text) => text.length)];
});
const rows = [['bytes', 'raw', 'gzip', 'brotli'], ...measured];
const table = rows.map((row) => row.map((cell, n) => (n ? `${cell}`.padStart(9) : cell.padEnd(24))).join('')).join('\n');
process.stdout.write(`${table}\n`);

if (process.argv[2] === 'write') {
  writeFileSync(kept, `${table}\n`);
} else {
  const lines = readFileSync(kept, 'utf8').trim().split('\n').slice(1);
  const before = new Map(lines.map((line) => line.split(/\s+/)).map(([file, ...sizes]) => [file, sizes.map(Number)]));
  const grown = measured.filter(([file, ...sizes]) =>
    sizes.some((size, n) => !(size <= before.get(file)?.[n] * (1 + TOLERANCE))));
  if (grown.length > 0) {
    const names = grown.map(([file]) => file).join(' and ');
    process.stderr.write(`${names} grew by more than ${TOLERANCE * 100} % over pkg/size.txt. Find out what for; where it is `
      + 'worth its download, accept it with `node scripts/size.mjs write` and commit pkg/size.txt.\n');
    process.exitCode = 1;
  }
}
