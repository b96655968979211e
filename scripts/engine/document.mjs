// Writes docs/performance.md from target/bench/engine.json: nothing but what was measured.
// usage: node scripts/engine/document.mjs

import { readFileSync, writeFileSync } from 'node:fs';

import { floors } from './floors.mjs';

const { day, browser, load, machine, versions, peers, rows } = JSON.parse(readFileSync('target/bench/engine.json', 'utf8'));
const OURS = ['rank', 'recommend'];
const CLICK = 'click and rank';
const SHOWN = {
  rank: '**`rank`**: rows and scores in typed arrays',
  recommend: '**`recommend`**: visitor read from JSON, list as objects',
};

const matches = (wanted) => (row) => Object.entries(wanted).every(([key, value]) => row[key] === value);
const find = (wanted) => {
  const row = rows.find(matches(wanted));
  if (!row) throw new Error(`the run has no figure for ${JSON.stringify(wanted)}: measure it again`);
  return row.value;
};
const known = (key, wanted) => [...new Set(rows.filter(matches(wanted)).map((row) => row[key]))];
const whole = (value) => Math.round(value).toLocaleString('en');
const times = (value) => `${value.toFixed(2)} ×`;
const table = (head, lines) =>
  [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const sizes = known('activities', { suite: 'chromium' });
const slowed = known('activities', { suite: 'chromium', slower: 4 })[0];
const slownesses = known('slower', { suite: 'chromium', activities: slowed, metric: 'p10' });
const settings = [...sizes.map((size) => [size, 1]), ...slownesses.filter((slower) => slower > 1).map((slower) => [slowed, slower])];
const titled = ([activities, slower]) => `${whole(activities)} activities${slower > 1 ? `, processor ${slower} × slower` : ''}`;

/** All contenders of one page; ratios say how many times longer than ours theirs takes. */
function contest([activities, slower]) {
  const about = { suite: 'chromium', activities, slower };
  const figure = (contender, metric) => find({ ...about, contender, metric });
  const lines = known('contender', { ...about, metric: 'p10' }).filter((name) => name !== CLICK).map((name) => {
    const ratios = OURS.flatMap((own) => ['p10', 'median'].map((metric) => figure(name, metric) / figure(own, metric)));
    const peer = !OURS.includes(name);
    const same = () => find({ suite: 'chromium', activities, contender: name, metric: 'agreement' });
    return [
      SHOWN[name] ?? name,
      ...['p10', 'median'].map((metric) => whole(figure(name, metric))),
      ...ratios.map((ratio) => (peer ? times(ratio) : '')),
      peer ? `${Math.round(100 * same())} %` : '',
    ];
  });
  const head = ['', 'p10, µs', 'median, µs', 'to `rank`, p10', 'median', 'to `recommend`, p10', 'median', 'same ten'];
  return `### ${titled([activities, slower])}\n\n${table(head, lines)}`;
}

const judged = floors(find, known).map(({ says, aim, measured, held }) => [says, aim, measured, held ? 'held' : '**missed**']);

const clicks = settings.map(([activities, slower]) => [
  titled([activities, slower]),
  ...['p10', 'median', 'p95'].map((metric) => whole(find({ suite: 'chromium', activities, slower, contender: CLICK, metric }))),
]);

const MODELS = { trees: 'a tree alone', 'wide-deep': 'Wide & Deep and a tree that asks it' };
const [survivors] = known('survivors', { suite: 'wide-deep' });
const deep = Object.entries(MODELS).map(([models, says]) => [
  says, ...['p10', 'median'].map((metric) => whole(find({ suite: 'wide-deep', models, metric }))),
]);

const VISITS = {
  first: 'A first visit, bytes at hand: files are hashed, the self-test runs.',
  later: 'A later visit, bytes at hand: an earlier one has verified the bundle.',
  compiled: 'The same by a module that is compiled, as fast as the browser makes it.',
};
const launches = Object.entries(VISITS).map(([visit, says]) => {
  const steps = known('step', { suite: 'launch', visit, metric: 'p10' });
  const lines = steps.map((step) => [
    step,
    ...sizes.flatMap((activities) =>
      ['p10', 'median'].map((metric) => find({ suite: 'launch', activities, visit, step, metric }).toFixed(1))),
  ]);
  return `${says}\n\n${table(['', ...sizes.flatMap((size) => [`${whole(size)}, p10`, 'median'])], lines)}`;
});

const stalls = [false, true].map((worker) => [
  worker ? 'in a worker' : "on the page's thread",
  ...sizes.flatMap((activities) => ['p10', 'median'].map((metric) => find({ suite: 'stalls', activities, worker, metric }).toFixed(1))),
]);

const memory = sizes.map((activities) => {
  const after = (when) => find({ suite: 'launch', activities, visit: 'first', step: `memory ${when}`, metric: 'memory' });
  const [empty, opened, listed] = ['empty', 'opened', 'listed'].map(after);
  const mib = (bytes) => (bytes / 2 ** 20).toFixed(1);
  return [whole(activities), mib(empty), mib(opened), mib(listed), whole((opened - empty) / 1024 / (activities / 1000))];
});

const weights = ['raw', 'gzip', 'brotli'];
const downloads = known('contender', { suite: 'bytes' }).filter(Boolean).map((contender) => [
  contender, ...weights.map((metric) => whole(find({ suite: 'bytes', contender, metric }))),
]);
const groups = known('group', { suite: 'bytes' }).filter(Boolean).map((group) => {
  const bytes = weights.map((metric) => find({ suite: 'bytes', group, metric }));
  return [group, ...bytes.map(whole), ...bytes.map((value) => (value / slowed).toFixed(1))];
});

/** A column a browser; nothing where none of them was there. */
function elsewhere() {
  const browsers = known('browser', { suite: 'elsewhere' });
  if (!browsers.length) return 'Firefox and WebKit were not on the machine.';
  const contenders = known('contender', { suite: 'elsewhere', metric: 'p10' });
  const modules = known('contender', { suite: 'elsewhere', metric: 'same lists' });
  const lines = contenders.map((contender) => [
    SHOWN[contender] ?? contender,
    ...browsers.flatMap((browser) =>
      ['p10', 'median'].map((metric) => whole(find({ suite: 'elsewhere', browser, contender, metric })))),
  ]);
  const same = modules.map((module) => {
    const about = { suite: 'elsewhere', contender: module, metric: 'same lists' };
    return `\`${module}\` ${browsers.map((browser) => `${find({ ...about, browser })} of ${count({ ...about, browser })} (${browser})`).join(', ')}`;
  });
  const head = ['', ...browsers.flatMap((browser) => [`${browser}, p10`, 'median'])];
  return `${whole(slowed)} activities, one page a browser, µs; their clocks are coarser.

${table(head, lines)}

Lists that are the same as Node's to the last digit: ${same.join('; ')}.`;
}

const native = known('case', { suite: 'engine' }).map((name) => [
  name, ...['p10', 'median'].map((metric) => whole(find({ suite: 'engine', case: name, metric }))),
]);

const [slowedBy] = known('slower', { suite: 'stalls' });
const count = (wanted) => rows.find(matches(wanted)).n;
const rounds = sizes.map((activities) => `${count({ suite: 'chromium', activities, contender: 'rank', metric: 'p10' })} at ${whole(activities)}`);
const beside = Object.entries(peers).map(([peer, version]) => `${peer} ${version}`);
const text = `# How fast a list is

Written by \`./build.sh bench engine\`; nothing here is typed in by hand.

Measured ${day} at \`${versions.triqueta}\` (${versions.rustc}) on ${machine.cores} cores of ${machine.processor}, ${machine.memory_gib} GiB, load ${load.toFixed(1)} before it began, in headless ${browser}, one thread, beside ${beside.join(', ')}.

All contenders of a size run in one page, in turns, round after round (${rounds.join(', ')} activities); a sample is a mean over ten visitors or queries, the same ones each round. On a machine with other work the p10 says most and absolute times say least: compare within a table. Slower processors are Chromium's own throttling.

**Ours does more, and on other data.** \`rank\` and \`recommend\` are whole recommendations for visitors with a history of 20: the visitor's side, every activity with its pair features and filters, exact scores of the best, reranking and reasons, on the demo city repeated as towns of its own. The peers do the linear part alone: one query of 52 numbers times 52 × N made-up numbers, and the best ten. In a ratio above 1 ours is the faster all the same; below 1 it is slower. “Same ten” is the share of a peer's ten that plain JavaScript finds too.

## Floors

p10 / median, where both decide; ${whole(1_000_000)} activities are ${sizes.includes(1_000_000) ? 'below' : 'measured with `--large` only'}.

${table(['', 'floor', 'measured', ''], judged)}

## A list of ten

${settings.map(contest).join('\n\n')}

## After a click

One event taken in, then the list anew, by a visitor who has a list; each click timed alone, µs.

${table(['', 'p10', 'median', 'p95'], clicks)}

## In other browsers

${elsewhere()}

## With Wide & Deep

\`rank\`, ${whole(slowed)} activities, two bundles in turns in one page, µs. Trees look again at all ${survivors} survivors, which without them are not all scored; one that asks Wide & Deep has it asked about each. The bench learns it, from lists of the bundle without it.

${table(['', 'p10', 'median'], deep)}

## A first list

Each in a page of its own: p10 and median in ms. What is not compiled runs as a browser runs code that it sees for the first time.

${launches.join('\n\n')}

## What a page is held up for

The longest task of the page's thread while the package opens and makes five lists, processor ${slowedBy} × slower: p10 and median in ms of the time it had the processor.

${table(['', ...sizes.flatMap((size) => [`${whole(size)}, p10`, 'median'])], stalls)}

## Memory of the module

MiB; it never shrinks, so what opening needs for a moment is in it.

${table(['activities', 'started', 'opened', 'after a list', 'opened, KiB per 1,000 activities'], memory)}

## Code to download

Bytes, each file compressed alone (gzip 9, brotli 11).

${table(['', ...weights], downloads)}

## A bundle of ${whole(slowed)} activities

Bytes, and bytes an activity. The activities repeat one city's, so compression finds more here than in a real catalogue: trust the raw bytes.

${table(['group', ...weights, ...weights.map((weight) => `${weight}, each`)], groups)}

## Natively

\`Engine::recommend\` on one thread, µs; with a tree alone (trees), with Wide & Deep and a tree that asks it (wide-deep).

${table(['', 'p10', 'median'], native)}
`;
writeFileSync('docs/performance.md', text);
console.log('docs/performance.md is written');
