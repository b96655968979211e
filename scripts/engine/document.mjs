// Writes docs/performance.md from target/bench/engine.json: nothing but what was measured.
// usage: node scripts/engine/document.mjs

import { readFileSync, writeFileSync } from 'node:fs';

import { floors, PASSES } from './floors.mjs';

const { day, browser, load, machine, versions, peers, rows } = JSON.parse(readFileSync('target/bench/engine.json', 'utf8'));
const OURS = ['rank', 'recommend'];
const CLICK = 'click and rank';
/** Contenders that have a table of their own. */
const APART = [CLICK, ...PASSES];
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
const count = (wanted) => rows.find(matches(wanted)).n;
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
  const lines = known('contender', { ...about, metric: 'p10' }).filter((name) => !APART.includes(name)).map((name) => {
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

const PEERS = ['onnxruntime-web f32', 'onnxruntime-web int8', 'TensorFlow.js wasm', 'JavaScript, typed arrays'];
const passes = PASSES.flatMap((rows) => sizes.map((activities) => {
  const inPage = (contender, metric) => find({ suite: 'chromium', activities, slower: 1, contender, metric });
  const besides = (metric, value) => times(value / inPage(rows, metric));
  const natively = (metric) => find({ suite: 'pass', activities, contender: rows, metric });
  const both = (cell) => ['p10', 'median'].map(cell).join(' / ');
  return [
    `${whole(activities)}, ${rows.replace('pass ', '')}`,
    both((metric) => whole(inPage(rows, metric))),
    ...PEERS.map((peer) => both((metric) => besides(metric, inPage(peer, metric)))),
    both((metric) => whole(natively(metric))),
    both((metric) => besides(metric, natively(metric))),
  ];
}));

const clicks = settings.map(([activities, slower]) => {
  const about = { suite: 'chromium', activities, slower, contender: CLICK };
  const figures = ['p10', 'median', 'p95'].map((metric) => whole(find({ ...about, metric })));
  return [titled([activities, slower]), ...figures, whole(count(about))];
});

const MODELS = { trees: 'a tree alone', 'wide-deep': 'Wide & Deep and a tree that asks it' };
const [survivors] = known('survivors', { suite: 'wide-deep' });
const deep = Object.entries(MODELS).map(([models, says]) => [
  says, ...['p10', 'median'].map((metric) => whole(find({ suite: 'wide-deep', models, metric }))),
]);

const VISITS = {
  first: 'A first visit, bytes at hand: files are hashed, the self-test runs.',
  later: 'A later visit, bytes at hand: an earlier one has verified the bundle.',
  compiled: 'The same by a module that is compiled, as fast as the browser makes it. All is the module that only ranks; “the whole module” is how long instantiating that one takes instead.',
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

const SEARCHES = {
  reading: 'reading the numbers, and nothing else',
  'every row': 'every row: products and the best ten',
  HNSW: 'an HNSW index',
};
const searches = known('activities', { suite: 'index' }).flatMap((activities) => {
  const of = (contender, metric) => find({ suite: 'index', activities, contender, metric });
  const timed = Object.entries(SEARCHES).map(([contender, says]) => [
    `${whole(activities)}, ${says}`,
    ...['p10', 'median'].map((metric) => whole(of(contender, metric))),
    ...(contender === 'HNSW'
      ? [
          `${(100 * of(contender, 'agreement')).toFixed(1)} %`, whole(of(contender, 'looks at')),
          `${of(contender, 'build').toFixed(1)} s`, `${whole(of(contender, 'memory') / 2 ** 20)} MiB`,
        ]
      : [contender === 'reading' ? '' : '100 %', '', '', '']),
  ]);
  const [rows] = PASSES;
  const ours = ['p10', 'median'].map((metric) => whole(find({ suite: 'pass', activities, contender: rows, metric })));
  return [...timed, [`${whole(activities)}, our linear pass, over our own activities`, ...ours, '100 %', '', '', '']];
});
const builds = known('activities', { suite: 'chromium', metric: 'build' }).map((activities) =>
  `${find({ suite: 'chromium', activities, metric: 'build' }).toFixed(1)} s at ${whole(activities)}`);

const [slowedBy] = known('slower', { suite: 'stalls' });
const rounds = sizes.map((activities) => `${count({ suite: 'chromium', activities, contender: 'rank', metric: 'p10' })} at ${whole(activities)}`);
const beside = Object.entries(peers).map(([peer, version]) => `${peer} ${version}`);
const text = `# How fast a list is

Written by \`./build.sh bench engine\`; nothing here is typed in by hand.

Measured ${day} at \`${versions.triqueta}\` (${versions.rustc}) on ${machine.cores} cores of ${machine.processor}, ${machine.memory_gib} GiB, load ${load.toFixed(1)} before it began, in headless ${browser}, one thread, beside ${beside.join(', ')}.

All contenders of a size run in one page, in turns, round after round (${rounds.join(', ')} activities); a sample is a mean over ten visitors or queries, the same ones each round. On a machine with other work the p10 says most and absolute times say least: compare within a table. Slower processors are Chromium's own throttling.

**Ours does more, and on other data.** \`rank\` and \`recommend\` are whole recommendations for visitors with a history of 20: the visitor's side, every activity with its pair features and filters, exact scores of the best, reranking and reasons, on the demo city repeated as towns of its own. The peers do the linear part alone: one query of 52 numbers times 52 × N made-up numbers, and the best ten. In a ratio above 1 ours is the faster all the same; below 1 it is slower. “Same ten” is the share of a peer's ten that plain JavaScript finds too.

hnswlib-wasm looks into an index of the same numbers (HNSW, inner product, M 16, efConstruction 200), which the page builds first: ${builds.join(', ')} activities. Beyond that it is not built. The numbers are drawn without any structure, which no index likes: of vectors that cluster it finds more.

## Floors

p10 / median, where both decide; ${whole(1_000_000)} activities are ${sizes.includes(1_000_000) ? 'below' : 'measured with `--large` only'}.

${table(['', 'floor', 'measured', ''], judged)}

## A list of ten

${settings.map(contest).join('\n\n')}

## The linear pass alone

What of \`rank\` compares with the peers' product and best ten, in turns with them in the same pages: the tables of a visitor are made before, then every row, or those that a list without wishes may show, is summed from them, and the best ten are kept. Who may be shown is known from the last list until something is over; what the visitor refused is taken out of it in that time. It is no product: from the bundle's codes our engine reads six numbers a row (three codes side by side, two elsewhere, and what it is worth by itself) and adds up five entries of a table and the last of these, where the peers multiply 52 numbers. Where the first three codes and the largest that the other two can be worth leave all of eight rows below the ten best so far, the other two are not looked up: the same ten, found sooner. A list keeps two hundred instead of ten and asks the towers of them, so that it gains little by that. The tables take the visitor's part of \`rank\`, which is not in here; towers, exact scores and reranking are not either. Time is p10 / median in µs, a ratio how many times longer a peer takes. The last column is the share of the speed that the same function has natively, there compiled for any x86-64 (SSE2), on the same bundles and visitors in the same minute.

${table(['activities', 'µs', ...PEERS, 'natively, µs', 'of native speed'], passes)}

## After a click

One event taken in, then the list anew, by a visitor who has a list; each click timed alone, µs.

${table(['', 'p10', 'median', 'p95', 'clicks'], clicks)}

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

## Natively, beside an index

The largest ten of N products of 52 made-up numbers, those of the peers above, on one thread: by looking at every row in single precision with the processor's vector instructions (AVX2 where present, by pulp), what merely reading those numbers takes, and by an HNSW index (usearch, inner product, M 16, efConstruction 200, single precision), built by as many threads as there are cores, that looks at twice as many candidates (ef) until it finds nine of ten. µs a query, a mean over ten; the share found is of a hundred queries. An index of vectors that cluster needs a smaller ef; it knows nothing of filters, or of a visitor whose weights change with every click. ${searches.length > 4 ? '' : `${whole(1_000_000)} are measured with \`--large\` only.`}

${table(['', 'p10', 'median', 'same ten', 'ef', 'built in', 'memory'], searches)}
`;
writeFileSync('docs/performance.md', text);
console.log('docs/performance.md is written');
