// The engine of the product: whole recommendations for visitors of the bundle's own.

import { BEST } from '../data.mjs';

/** The files of a bundle, named by its activities, and what was written beside it. */
export async function bundle(activities) {
  const folder = `/bundles/${activities}`;
  const { paths, ...rest } = await (await fetch(`${folder}/bench.json`)).json();
  const read = async (path) => [path, new Uint8Array(await (await fetch(`${folder}/${path}`)).arrayBuffer())];
  return { ...rest, files: await Promise.all(paths.map(read)) };
}

/** The same files with their SHA-256, as the package works it out. */
export function hashed(files) {
  return Promise.all(files.map(async ([path, bytes]) => {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    return [path, bytes, Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')];
  }));
}

/** Lists in typed arrays of the same activities under trees, without Wide & Deep and with it; and how many survivors trees see. */
export async function deepened(activities) {
  const models = ['trees', 'wide-deep'];
  const contenders = [];
  for (const name of models) {
    const [rank] = await ours(`${activities}-${name}`);
    contenders.push({ ...rank, name });
  }
  return { contenders, survivors: (await bundle(`${activities}-trees`)).survivors };
}

/** Three contenders on one engine: the list in typed arrays, the list as objects, and the list after a click. */
export async function ours(activities) {
  const { default: init, PlainEngine } = await import('/module/ranking.js');
  await init({ module_or_path: '/module/ranking_bg.wasm' });
  const { id, now, visitors, files } = await bundle(activities);
  const engine = PlainEngine.open(id, files, false);
  const rows = new Uint32Array(BEST);
  const scores = new Float32Array(BEST);
  const request = JSON.stringify({ nowMs: now, limit: BEST });
  const visitor = (call) => visitors[call % visitors.length];
  const met = (call) => engine.setVisitor(visitor(call).profile, visitor(call).history);
  const rank = () => engine.rank(request, rows, scores);
  const listed = (call) => {
    met(call);
    return JSON.parse(engine.recommend(request));
  };
  const saved = visitors.map((_, call) => {
    const { activity } = listed(call).items[2];
    return JSON.stringify({ kind: 'favourite', activity, action: 'added' });
  });
  const shown = (call) => {
    met(call);
    rank();
  };
  const clicked = (call) => {
    engine.observe(now, saved[call % visitors.length]);
    rank();
  };
  return [
    { name: 'rank', before: met, run: rank },
    { name: 'recommend', run: listed },
    { name: 'click and rank', before: shown, run: clicked, single: visitors.length },
  ];
}
