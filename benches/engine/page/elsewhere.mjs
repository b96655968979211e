// What a browser that nobody steers is asked: it opens this page, and the page sends its answer back.

import { bundle } from './contenders/ours.mjs';
import { listedBy } from './lists.mjs';
import { race } from './race.mjs';

const MODULES = ['ranking_bg.wasm', 'ranking_scalar_bg.wasm'];

const about = new URLSearchParams(location.search);
const answer = async () => {
  const activities = Number(about.get('activities'));
  const { round } = await race(activities, false);
  const times = {};
  for (let number = 0; number < Number(about.get('rounds')); number++) {
    const samples = await round();
    for (const [name, taken] of Object.entries(samples)) times[name] = [...(times[name] ?? []), ...taken];
  }
  const lists = {};
  for (const module of MODULES) lists[module] = await listed(activities, module);
  return { times, lists };
};

/** The lists of all visitors by a module, as it writes them. */
async function listed(activities, module) {
  const { default: init, PlainEngine } = await import(`/module/ranking.js?${module}`);
  await init({ module_or_path: `/module/${module}` });
  const { id, now, visitors, files } = await bundle(activities);
  return listedBy(PlainEngine.open(id, files, false), now, visitors);
}

const body = await answer().catch((error) => ({ error: `${error}\n${error.stack ?? ''}` }));
await fetch('/answer', { method: 'POST', body: JSON.stringify(body) });
