// Writes docs/accuracy.md from target/bench/accuracy.json: tables only of what was measured, beside published figures.
// usage: node scripts/accuracy/document.mjs

import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const measured = JSON.parse(readFileSync('target/bench/accuracy.json', 'utf8'));
const published = JSON.parse(readFileSync('scripts/accuracy/published.json', 'utf8'));

const number = (value, digits = 3) => (value === undefined || value === null ? '' : value.toFixed(digits).replace(/^(-?)0\./, '$1.'));
const signed = (value) => (value < 0 ? `−${number(-value)}` : `+${number(value)}`);
const cell = (text) => String(text).replaceAll('|', '\\|').replaceAll('\n', ' ');
const table = (head, rows) =>
  [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.map(cell).join(' | ')} |`)
    .join('\n');
const names = { 'two_tower': 'two towers', 'recent_popularity': 'recent popularity', 'rule': 'the present rule', 'designed_ensemble': 'the weights of the design', 'blend': 'the blend alone', 'stack': '**the score of the bundle**' };
const shown = (name) => names[name] ?? name.replaceAll('_', ' ');

const means = (title) => measured.rows.filter((row) => !row.peer && row.case.startsWith(`${title} / `) && !row.case.slice(title.length + 3).includes(' / '));
const differences = (title) => measured.rows.filter((row) => row.peer && row.case.startsWith(`${title} / `) && !row.case.slice(title.length + 3).includes(' / '));

/** One table of means: a line a model, a column a metric. */
function meansTable(title, digits = 3) {
  const rows = means(title);
  if (rows.length === 0) return undefined;
  const metrics = [...new Set(rows.map((row) => row.metric))];
  const models = [...new Set(rows.map((row) => row.case.slice(title.length + 3)))];
  const value = (model, metric) => {
    const row = rows.find((each) => each.case === `${title} / ${model}` && each.metric === metric);
    if (!row) return '';
    const spread = row.spread >= 0.0005 ? ` (${number(row.spread, digits)})` : '';
    return `${number(row.value, row.unit === 'bits' ? 2 : digits)}${spread}`;
  };
  return `${table(['model', ...metrics], models.map((model) => [shown(model), ...metrics.map((metric) => value(model, metric))]))}\n\nn ${rows[0].n}.`;
}

/** Paired differences in words of numbers. */
function differencesTable(title, wanted = () => true) {
  const rows = differences(title).filter(wanted);
  if (rows.length === 0) return undefined;
  const line = (row) => [
    shown(row.case.slice(title.length + 3)),
    cell(row.metric),
    shown(row.peer),
    `${signed(row.value)}`,
    `${signed(row.low)} to ${signed(row.high)}`,
    row.n,
  ];
  return table(['model', 'metric', 'less', 'difference', '95 % interval', 'n'], rows.map(line));
}

function publishedTable(name) {
  const { columns, rows } = published[name];
  const line = (row) => [row[0], ...row.slice(1, -1).map((value) => number(value)), row.at(-1)];
  return table(['published or measured elsewhere', ...columns, 'source'], rows.map(line));
}

const run = (piece) => {
  const facts = measured.pieces[piece];
  const seeds = measured.seeds[piece]?.length ?? 0;
  return facts ? `Measured ${facts.day} at \`${facts.commit}\`, ${seeds} seed${seeds === 1 ? '' : 's'}.` : undefined;
};
// What was measured elsewhere, or before the last cleaning, stays as it was written then, with its own day and commit.
const PATH = 'docs/accuracy.md';
const written = existsSync(PATH) ? readFileSync(PATH, 'utf8').split(/\n(?=## )/) : [];
const section = (title, piece, ...parts) => {
  const heading = `## ${title}`;
  const before = written.find((part) => part.startsWith(`${heading}\n`));
  if (!measured.pieces[piece] && before) {
    console.log(`kept as it was written: ${title}`);
    return before.trimEnd();
  }
  const body = parts.filter((part) => part !== undefined);
  return [heading, not(piece), run(piece), ...body].filter(Boolean).join('\n\n');
};
const not = (piece) => (measured.pieces[piece] ? undefined : `Not measured yet: \`./build.sh bench accuracy --only ${piece}\`.`);
const titled = (title, body) => (body ? `### ${title}\n\n${body}` : undefined);

function p1() {
  return section(
    'P1: are the learners right?',
    'p1',
    'Data: MovieLens 1M as He et al. (2017) cut it (6,040 users, 3,706 films, one choice a user held out). Candidates: the held-out film among 99 published negatives (HR@10 to AUC), and among everything the user had not chosen in training (columns that begin with “full”). The two disagree about which learner is best (Krichene and Rendle 2020), so both are shown. Hyper-parameters were chosen on one more choice a user, taken from the training part.',
    meansTable('P1 / all', 4),
    titled('Between the best two', differencesTable('P1 / all')),
    titled('Beside', publishedTable('p1')),
  );
}

function p2() {
  const over = (row) => row.case.endsWith('/ stack') || row.peer === 'popularity';
  const live = means('P2 / all').find((row) => row.case.endsWith('/ stack') && row.metric === 'ndcg@10');
  const stale = means('P2 as published / all').find((row) => row.case.endsWith('/ stack') && row.metric === 'ndcg@10');
  return [
    section(
      'P2: what is the product worth?',
      'meetup',
      `Data: meetup-montana (1,391 events, 1,757 users), trained up to ${day(measured.split_ms)}. Candidates: at the moment of each later RSVP, every event that was open then; only what was known before that moment is used. Counters and catalogue are live.`,
      titled('All', meansTable('P2 / all')),
      titled('Known visitors', meansTable('P2 / known visitors')),
      titled('New visitors', meansTable('P2 / new visitors')),
      titled('New activities', meansTable('P2 / new activities')),
      titled('Differences in NDCG@10, paired, clustered by visitor', differencesTable('P2 / all', over)),
      titled('The same for new visitors', differencesTable('P2 / new visitors', over)),
      titled('Beside', publishedTable('p2')),
    ),
    section(
      'P2 as published',
      'meetup',
      'The same questions with what a browser can know: counters of the last full hour and the catalogue of the last full day. What was published since is not in the list and ranks last.',
      live && stale
        ? `NDCG@10 of the score is ${number(stale.value)} instead of ${number(live.value)} with live counters: publishing daily costs ${number(live.value - stale.value)}.`
        : undefined,
      titled('All', meansTable('P2 as published / all')),
      titled('New visitors', meansTable('P2 as published / new visitors')),
      titled('Differences in NDCG@10', differencesTable('P2 as published / all', over)),
    ),
  ].join('\n\n');
}

function p3() {
  const over = (row) => row.case.endsWith('/ stack') || row.peer === 'popularity';
  return section(
    'P3: the hard one',
    'meetup',
    'The same data and split. Candidates: all events that anybody chose after the split, ranked for each visitor who chose some of them, with what was known at the split. Nearly all are new, and half of the visitors are.',
    titled('All', meansTable('P3 / all')),
    titled('Known visitors', meansTable('P3 / known visitors')),
    titled('New visitors', meansTable('P3 / new visitors')),
    titled('New activities only', meansTable('P3 / new activities')),
    titled('Coverage of the first ten', meansTable('P3 / coverage of first ten')),
    titled('Differences in NDCG@10', differencesTable('P3 / all', over)),
    titled('Beside', publishedTable('p3')),
  );
}

function ships() {
  const titles = [...new Set(measured.rows.map((row) => row.case.match(/^validation with \w+/)?.[0]).filter(Boolean))];
  const line = (title, said) =>
    ['blend', 'stack'].map((model) => {
      const row = measured.rows.find((each) => !each.peer && each.case === `${title} / all / ${model}` && each.metric === 'ndcg@10');
      return row ? `${number(row.value, 4)} (${number(row.spread, 4)})` : said;
    });
  return section(
    'Which models ship',
    'models',
    'Decided by the choices each training judges itself by: the last third of those its blend is learned from, all before the split, so no question of P2 or P3 has a say. A model that a bundle can do without is a file more to download and to score with: it ships where the score gains more from it than trainings with other seeds differ. Factors and trees are decided in each training by the one-standard-error rule, by likelihood and by NDCG@10.',
    titled('Every model on those choices', meansTable('validation / all')),
    titles.length
      ? titled(
          'The score with one model more, NDCG@10',
          table(
            ['', 'blend', 'score of the bundle'],
            [
              ['as it ships', ...line('validation', '')],
              ...titles.map((title) => [shown(title.replace('validation with ', 'with ')), ...line(title, '')]),
            ],
          ),
        )
      : undefined,
  );
}

function behind() {
  const { analysis } = measured;
  if (!analysis) return section('Behind the means of P2', 'meetup');
  const { calibration } = analysis;
  const sliceLine = (slice) => [
    `${slice.by}: ${slice.name}`,
    slice.n,
    number(slice.ndcg10.mean),
    `${number(slice.ndcg10.low)} to ${number(slice.ndcg10.high)}`,
    number(slice.random),
    number(slice.popularity),
    slice.dead ? 'dead' : slice.too_few ? 'too few' : 'alive',
  ];
  const kinds = ['visitor', 'activity', 'activity level'];
  const dead = analysis.slices.filter((slice) => slice.dead).length;
  return section(
    'Behind the means of P2',
    'meetup',
    titled(
      'Slices',
      `${table(['slice', 'n', 'NDCG@10', '95 % interval', 'chance', 'popularity', ''], analysis.slices.filter((slice) => kinds.includes(slice.by)).map(sliceLine))}\n\nOf all ${analysis.slices.length} slices (also by type, locality and organiser) ${dead} ${dead === 1 ? 'is' : 'are'} dead: not shown to be better than chance with 20 questions or more.`,
    ),
    titled('Lists of ten', meansTable('P2 / first ten')),
    titled(
      'Variety',
      table(
        ['weight of diversity', 'NDCG@10', 'HR@10', 'diversity', 'coverage'],
        analysis.tradeoff.map((point) => [point.weight.toFixed(2), number(point.ndcg10), number(point.hr10), number(point.diversity), number(point.coverage)]),
      ),
    ),
    calibration
      ? titled('Calibration', `The displayed probability has an expected calibration error of ${number(calibration.ece)}, a Brier score of ${number(calibration.brier)} (a coin: .250) and a log-loss of ${number(calibration.log_loss)} (a coin: .693).`)
      : undefined,
    analysis.learning.length
      ? titled(
          'Amount of data',
          table(
            ['share of the past', 'positives', 'NDCG@10', 'popularity'],
            analysis.learning.map((point) => [`${Math.round(point.share * 100)} %`, point.positives, number(point.ndcg10), number(point.popularity)]),
          ),
        )
      : undefined,
  );
}

function demo() {
  return section(
    'Demo city: regret',
    'demo',
    'Data: the simulated city of docs/demo-city.md, 3,000 visitors, a city a seed; what it shows holds for its inventors’ idea of a city. Each way of ranking makes a list of ten for every sixth visitor who keeps a history, without exploration; regret is what the list is worth less than the oracle’s best list, which knows the hidden tastes. Lower is better; “any order” is chance.',
    meansTable('demo city / all'),
  );
}

function day(ms) {
  return ms === undefined ? 'the split' : new Date(ms).toISOString().slice(0, 10);
}

const { machine, versions } = measured;
const parts = [
  '# Accuracy',
  '<!-- Written by `./build.sh bench accuracy` (scripts/accuracy/document.mjs); change that, not this. -->',
  `Every figure is a mean over trainings with different seeds, in brackets its standard deviation where that is .0005 or more. A figure means nothing without its candidates: compare within a table, and with chance and popularity. Ties count as expectations over their orders, so chance is exact. Intervals are bootstrap intervals clustered by visitor. The data sets are internal test material and are not part of this repository; \`--only p1\`, \`--only meetup\`, \`--only models\` and \`--only demo\` measure a part again.`,
  `Machine of what was measured last: ${machine.processor}, ${machine.cores} cores, ${machine.memory_gib} GiB. ${versions.rustc}.`,
  p1(),
  p2(),
  p3(),
  ships(),
  behind(),
  demo(),
];
writeFileSync(PATH, `${parts.filter(Boolean).join('\n\n')}\n`);
console.log('docs/accuracy.md is written');
