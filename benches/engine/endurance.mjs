// Does the module's memory stay what it is, however long a page is open? Lists and events in turns, under Node.
// usage: node benches/engine/endurance.mjs MODULE_FOLDER BUNDLE_FOLDER [CALLS]   (default: a million of each)

import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [module, folder, calls = '1000000'] = process.argv.slice(2);
const { default: init, PlainEngine } = await import(pathToFileURL(resolve(module, 'ranking.js')));
const { memory } = await init({ module_or_path: await readFile(join(module, 'ranking_bg.wasm')) });
const { id, now, paths, visitors } = JSON.parse(await readFile(join(folder, 'bench.json'), 'utf8'));
const read = async (path) => [path, new Uint8Array(await readFile(join(folder, path)))];
const engine = PlainEngine.open(id, await Promise.all(paths.map(read)), false);

/** A visitor begins anew after so many events: a history of hundreds would only make the run long. */
const EVENTS = 25;
const rows = new Uint32Array(10);
const scores = new Float32Array(10);
const request = JSON.stringify({ nowMs: now, limit: 10 });
const shown = visitors.map(({ profile, history }) => {
  engine.setVisitor(profile, history);
  return JSON.parse(engine.recommend(request)).items.map(({ activity }) => activity);
});
const bodies = [
  (activity) => ({ kind: 'favourite', activity, action: 'added' }),
  (activity) => ({ kind: 'feedback', activity, opinion: 'dislike' }),
];
const total = Number(calls);
const seen = [];
for (let call = 0; call < total; call++) {
  const number = Math.floor(call / EVENTS) % visitors.length;
  if (call % EVENTS === 0) engine.setVisitor(visitors[number].profile, visitors[number].history);
  const list = shown[number];
  engine.observe(now + call, JSON.stringify(bodies[call % bodies.length](list[call % list.length])));
  engine.rank(JSON.stringify({ nowMs: now + call }), rows, scores);
  if (call % Math.ceil(total / 20) === 0) seen.push(memory.buffer.byteLength);
}
seen.push(memory.buffer.byteLength);
console.log(JSON.stringify({ calls: total, first: seen[1], last: seen.at(-1), seen }));
// Whatever the first twentieth did not need is not needed later.
if (seen.at(-1) > seen[1]) {
  console.error('the memory grew');
  process.exitCode = 1;
}
