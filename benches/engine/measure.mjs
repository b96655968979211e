// Times the engine in headless Chromium beside its peers, and prints the rows of a bench.
// usage: node benches/engine/measure.mjs MODULE_FOLDER PASS_FOLDER PASS_PROGRAM BUNDLES_FOLDER >MEASURED.json
// Of the linear pass there is a module and a native program; of bundles a folder a number of activities.

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';

import { openContext } from '../../tests/browser/chromium.mjs';
import { bundle, code } from './bytes.mjs';
import { figures } from './figures.mjs';
import { serve } from './serve.mjs';
import { longestTask } from './stalls.mjs';

const [module, pass, passProgram, bundles] = process.argv.slice(2).map((path) => resolve(path));
const sizes = readdirSync(bundles).filter((name) => /^\d+$/.test(name)).map(Number).sort((a, b) => a - b);
/** The size that is also measured on machines so many times slower, and weighed. */
const USUAL = 10_000;
/** An index is built up to the size before the last: beyond it takes longer than everything else. */
const INDEXED = sizes.at(-2);
const SLOWER = [4, 6];
/** How often, up to that size and beyond it. */
const ROUNDS = { usual: 41, large: 15 };
const LAUNCHES = { usual: 15, large: 5 };
const VISITS = ['first', 'later', 'compiled'];
/** A step that is told, and no part of a first list. */
const INSTEAD = 'the whole module';
/** How much slower a page is whose thread is watched, and how often. */
const WATCHED = { slower: 4, times: 5 };

const load = loadavg()[0];
const ends = [];
const { context, errors } = await openContext({ after: (end) => ends.push(end) });
const site = await serve(module, pass, bundles);
try {
  const rows = [];
  for (const activities of sizes) {
    const often = activities > USUAL ? 'large' : 'usual';
    rows.push(...(await raced(activities, activities === USUAL ? [1, ...SLOWER] : [1], ROUNDS[often])));
    rows.push(...passedNatively(activities));
    for (const visit of VISITS) rows.push(...(await launched(activities, visit, LAUNCHES[often])));
    for (const worker of [false, true]) rows.push(...(await watched(activities, worker)));
  }
  rows.push(...(await deepened(USUAL, ROUNDS.usual)));
  rows.push(...code(module), ...bundle(join(bundles, String(USUAL)), USUAL));
  const { devDependencies: peers } = JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8'));
  const day = new Date().toISOString().slice(0, 10);
  console.log(JSON.stringify({ day, browser: `Chromium ${context.browser().version()}`, load, peers, rows }));
} finally {
  site.close();
  for (const end of ends) await end();
}

/** Rows of all contenders at a size, so many rounds on machines so many times slower than this one. */
async function raced(activities, machines, rounds) {
  return inPage(async (page) => {
    const throttle = await context.newCDPSession(page);
    const { agreement, building } = await page.evaluate(async ([size, isIndexed]) => {
      globalThis.contest = await (await import('/race.mjs')).race(size, isIndexed);
      const { agreement, building } = globalThis.contest;
      return { agreement, building };
    }, [activities, activities <= INDEXED]);
    const rows = [];
    if (building) {
      const about = { suite: 'chromium', case: `${activities} activities, an index`, activities };
      rows.push({ ...about, metric: 'build', value: building, unit: 's', n: 1 });
    }
    for (const slower of machines) {
      await throttle.send('Emulation.setCPUThrottlingRate', { rate: slower });
      console.error(`${activities} activities, ${slower} × slower: ${rounds} rounds`);
      for (const [contender, taken] of Object.entries(await sampled(page, rounds))) {
        const label = `${activities} activities, ${slower} × slower, ${contender}`;
        rows.push(...figures({ suite: 'chromium', case: label, activities, slower, contender }, taken, 'us'));
      }
    }
    for (const [contender, value] of Object.entries(agreement)) {
      const about = { suite: 'chromium', case: `${activities} activities, ${contender}`, activities, contender };
      rows.push({ ...about, metric: 'agreement', value, unit: 'share', n: 1 });
    }
    return rows;
  });
}

/** Rows of the linear pass natively: asked for in the minute of its module, because their ratio is judged. */
function passedNatively(activities) {
  return JSON.parse(execFileSync(passProgram, [bundles, String(activities)], { encoding: 'utf8' })).rows;
}

/** Rows of lists under trees, without Wide & Deep and with it, so many rounds. */
async function deepened(activities, rounds) {
  console.error(`${activities} activities, without Wide & Deep and with it: ${rounds} rounds`);
  return inPage(async (page) => {
    const survivors = await page.evaluate(async (size) => {
      globalThis.contest = await (await import('/race.mjs')).raceDeepened(size);
      return globalThis.contest.survivors;
    }, activities);
    const times = Object.entries(await sampled(page, rounds));
    return times.flatMap(([models, taken]) =>
      figures({ suite: 'wide-deep', case: `${activities} activities, ${models}`, activities, models, survivors }, taken, 'us'));
  });
}

/** What the contenders of a page take, `{name: [µs, …]}`, over so many rounds. */
async function sampled(page, rounds) {
  const times = {};
  for (let round = 0; round < rounds; round++) {
    const samples = await page.evaluate(() => globalThis.contest.round());
    for (const [name, taken] of Object.entries(samples)) times[name] = [...(times[name] ?? []), ...taken];
  }
  return times;
}

/** Rows of first lists of a visit, each in a page of its own, and of the memory they leave. */
async function launched(activities, visit, times) {
  console.error(`${activities} activities: ${times} launches of a ${visit} visit`);
  const launches = [];
  for (let number = 0; number < times; number++) {
    const launch = async ([size, kind]) => (await import('/launch.mjs')).launch(size, kind);
    launches.push(await inPage((page) => page.evaluate(launch, [activities, visit])));
  }
  const about = (what) => {
    return { suite: 'launch', case: `${activities} activities, ${visit} visit, ${what}`, activities, visit, step: what };
  };
  // What is compiled is not compiled again.
  const steps = Object.keys(launches[0].times).filter((step) => visit !== 'compiled' || step !== 'compile');
  const counted = steps.filter((step) => step !== INSTEAD);
  const whole = (launch) => counted.reduce((sum, step) => sum + launch.times[step], 0);
  return [
    ...steps.flatMap((step) => figures(about(step), launches.map((launch) => launch.times[step]), 'ms')),
    ...figures(about('all'), launches.map(whole), 'ms'),
    ...Object.entries(launches[0].memory).map(([when, value]) => {
      return { ...about(`memory ${when}`), metric: 'memory', value, unit: 'B', n: 1 };
    }),
  ];
}

/** Rows of how long opening holds up a page. */
async function watched(activities, worker) {
  const { slower, times } = WATCHED;
  const where = worker ? 'in a worker' : "on the page's thread";
  console.error(`${activities} activities, ${slower} × slower, ${where}: ${times} pages watched`);
  const longest = [];
  for (let number = 0; number < times; number++) {
    longest.push(await inPage((page) => longestTask(page, activities, slower, worker)));
  }
  return figures({ suite: 'stalls', case: `${activities} activities, ${where}`, activities, slower, worker }, longest, 'ms');
}

async function inPage(work) {
  const page = await context.newPage();
  await page.goto(site.origin);
  try {
    const made = await work(page);
    if (errors.length) throw new Error(`the page complains: ${errors.join('; ')}`);
    return made;
  } finally {
    await page.close();
  }
}
