// What the engine is to reach, judged by what was measured. A floor holds where the p10 and the median both reach it; after a
// click the p95 alone decides.

const ORT = ['onnxruntime-web f32', 'onnxruntime-web int8'];
const MS = 1000;
/** Our linear passes: over all activities, and over those that a list without wishes may show. */
export const PASSES = ['pass over every row', 'pass over what may be shown'];
/** What the pass over all is to reach, by activities: beside the faster onnxruntime-web, and of its native speed. */
const PASS_FLOORS = [
  [10_000, 5.5, 0.45],
  [100_000, 6, 0.78],
  [1_000_000, 4.5, 0.78],
];
const PASS_BESIDE_JAVASCRIPT = 12;
const RANK_FLOORS = [
  [10_000, 2.5],
  [100_000, 4],
  [1_000_000, 2.5],
];

/** Every floor with the values that decide about it: `{ says, aim, measured, held }`; `find` looks up a figure's value,
 * `known` lists what a field says in the figures that match. */
export function floors(find, known) {
  const list = (activities, contender, metric, slower = 1) => find({ suite: 'chromium', activities, contender, metric, slower });
  const both = (value) => [value('p10'), value('median')];
  const faster = (activities, contender) =>
    both((metric) => Math.min(...ORT.map((peer) => list(activities, peer, metric))) / list(activities, contender, metric));
  const measured = ([activities]) => known('activities', { suite: 'chromium' }).includes(activities);
  const ranks = RANK_FLOORS.filter(measured).map(([activities, least]) =>
    atLeast(`\`rank\` beside the faster onnxruntime-web, ${said(activities)}`, least, faster(activities, 'rank')));
  const [everyRow] = PASSES;
  const pass = (activities, metric) => list(activities, everyRow, metric);
  const passes = PASS_FLOORS.filter(measured).flatMap(([activities, least, share]) => {
    const plain = both((metric) => list(activities, 'JavaScript, typed arrays', metric) / pass(activities, metric));
    const natively = (metric) => find({ suite: 'pass', activities, contender: everyRow, metric });
    const ofNative = both((metric) => natively(metric) / pass(activities, metric));
    return [
      atLeast(`the linear pass beside the faster onnxruntime-web, ${said(activities)}`, least, faster(activities, everyRow)),
      atLeast(`the linear pass beside plain JavaScript, ${said(activities)}`, PASS_BESIDE_JAVASCRIPT, plain),
      atLeast(`the linear pass beside itself natively, ${said(activities)}`, share, ofNative),
    ];
  });
  const click = (slower) => [list(10_000, 'click and rank', 'p95', slower) / MS];
  const start = both((metric) => find({ suite: 'launch', activities: 10_000, visit: 'compiled', step: 'all', metric }));
  const [survivors] = known('survivors', { suite: 'wide-deep' });
  const asked = (models, metric) => find({ suite: 'wide-deep', models, metric }) / MS;
  const deep = both((metric) => (asked('wide-deep', metric) - asked('trees', metric)) / (survivors / 100));
  const held = both((metric) => find({ suite: 'stalls', activities: 100_000, worker: true, metric }));
  const groups = known('group', { suite: 'bytes' }).filter(Boolean);
  const bundle = groups.reduce((sum, group) => sum + find({ suite: 'bytes', group, metric: 'raw' }), 0);
  const memory = find({ suite: 'launch', activities: 10_000, visit: 'first', step: 'memory listed', metric: 'memory' });
  const download = (contender) => [find({ suite: 'bytes', contender, metric: 'brotli' }) / 1000];
  return [
    ...ranks,
    atLeast('`recommend` (objects) beside the faster onnxruntime-web, 10,000 activities', 2, faster(10_000, 'recommend')),
    ...passes,
    atMost('after a click, 10,000 activities, p95', 1, 'ms', click(1)),
    atMost('after a click, 10,000 activities, 4 × slower, p95', 5, 'ms', click(4)),
    atMost('a first list of a verified bundle by a compiled module, 10,000 activities', 5, 'ms', start),
    atMost(`Wide & Deep in a list of 10,000 activities, for each 100 of ${survivors} survivors`, 0.6, 'ms', deep),
    atMost('longest task of a page whose engine is in a worker, 100,000 activities, 4 × slower', 16, 'ms', held),
    atMost('memory after a list, 10,000 activities, beside twice the bundle and 2.5 MB', 1, '×', [memory / (2 * bundle + 2.5e6)]),
    atMost('module and glue, brotli', 50, 'KB', download('triqueta')),
    atMost('the module that only ranks, and its glue, brotli', 20, 'KB', download('triqueta, ranking alone')),
  ];
}

const said = (activities) => `${activities.toLocaleString('en')} activities`;
const shown = (values, unit) => `${values.map((value) => value.toFixed(2)).join(' / ')} ${unit}`;
const atLeast = (says, floor, values) => ({
  says, aim: `at least ${floor} ×`, measured: shown(values, '×'), held: values.every((value) => value >= floor),
});
const atMost = (says, floor, unit, values) => ({
  says, aim: `at most ${floor} ${unit}`, measured: shown(values, unit), held: values.every((value) => value <= floor),
});
