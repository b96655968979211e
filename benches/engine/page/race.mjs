// All contenders of a size in one page, so that ratios are of the same minute of the same machine.

import { BEST, made } from './data.mjs';
import { hnswlib } from './contenders/hnswlib.mjs';
import { javascript } from './contenders/javascript.mjs';
import { onnxruntime } from './contenders/onnxruntime.mjs';
import { deepened, ours } from './contenders/ours.mjs';
import { pass } from './contenders/pass.mjs';
import { tensorflow } from './contenders/tensorflow.mjs';

/** Every sample is a mean over so many visitors or queries, the same ones each time. */
const CALLS = 10;
/** A sample of fast calls repeats them until so many ms are spent: the clock shows steps of 5 µs. */
const LEAST = 3;

/**
 * Opens the contenders, an index among them where it is wanted; `round()` takes a sample of each in turn and gives
 * `{name: [µs, …]}`, `agreement` says which share of the peers' best ten is that of plain JavaScript, `building` how many s an
 * index took.
 */
export async function race(activities, isIndexed) {
  const data = made(activities, CALLS);
  const peers = [...javascript(data), ...(await onnxruntime(data)), ...(await tensorflow(data))];
  const index = isIndexed ? await hnswlib(data) : { contenders: [] };
  peers.push(...index.contenders);
  const contenders = [...(await ours(activities)), ...(await pass(activities)), ...peers];
  const agreement = await agreed(peers);
  return { round: await turns(contenders), agreement, building: index.building };
}

/** The same of lists without Wide & Deep and with it, and how many `survivors` these ask it about. */
export async function raceDeepened(activities) {
  const { contenders, survivors } = await deepened(activities);
  return { round: await turns(contenders), survivors };
}

/** A round of these takes a sample of each in turn; one that does not count is behind them. */
async function turns(contenders) {
  const round = async () => {
    const samples = {};
    for (const contender of contenders) samples[contender.name] = await sampled(contender);
    return samples;
  };
  await round();
  return round;
}

/** Times in µs: one mean over all calls, each of them repeated where that is wanted, or for a contender of so many single calls
 * each of them. */
async function sampled({ before, run, single, repeats = 1 }) {
  const times = [];
  let spent = 0;
  do {
    for (let call = 0; call < (single ?? CALLS); call++) {
      before?.(call);
      const started = performance.now();
      for (let time = 0; time < repeats; time++) {
        const answer = run(call);
        if (answer instanceof Promise) await answer;
      }
      const taken = performance.now() - started;
      times.push((taken * 1000) / repeats);
      spent += taken;
    }
  } while (!single && spent < LEAST);
  return single ? times : [times.reduce((sum, time) => sum + time, 0) / times.length];
}

async function agreed(peers) {
  const shares = {};
  const [reference] = peers;
  for (const { name, best } of peers) {
    let same = 0;
    for (let call = 0; call < CALLS; call++) {
      const wanted = new Set(await reference.best(call));
      same += (await best(call)).filter((row) => wanted.has(row)).length;
    }
    shares[name] = same / (CALLS * BEST);
  }
  return shares;
}
