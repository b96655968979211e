// Gathers the measured pieces of the accuracy bench into target/bench/accuracy/measured.json.
// usage: node scripts/accuracy/merge.mjs PIECE…  (those measured just now; the others keep what is known of their run)

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const folder = 'target/bench/accuracy';
const read = (file) => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'));
const optional = (file) => (existsSync(`${folder}/${file}`) ? read(file) : undefined);

const pieces = optional('measured.json')?.pieces ?? {};
const commit = execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim();
for (const piece of process.argv.slice(2)) {
  pieces[piece] = { commit, day: new Date().toISOString().slice(0, 10) };
}

const p1 = optional('p1.json');
const meetup = optional('meetup.json');
const withModel = readdirSync(folder)
  .map((name) => name.match(/^with-(\w+)\.json$/)?.[1])
  .filter(Boolean)
  .sort()
  .map((model) => ({ model, ...read(`with-${model}.json`) }));
const demo = readdirSync(folder)
  .filter((name) => /^demo-\d+\.json$/.test(name))
  .sort((a, b) => Number(a.match(/\d+/)[0]) - Number(b.match(/\d+/)[0]))
  .map(read);

const rows = [
  ...(p1?.rows ?? []).map((row) => ({ data: p1.dataset, ...row })),
  ...(meetup?.rows ?? []).map((row) => ({ data: meetup.dataset, ...row })),
  ...withModel.flatMap(judgedRows),
  ...demoRows(demo),
];
const seeds = { p1: p1?.seeds, meetup: meetup?.seeds, models: withModel[0]?.seeds, demo: demo.length ? demo.map((_, index) => index + 1) : undefined };
const merged = {
  pieces,
  seeds,
  split_ms: meetup?.split_ms,
  analysis: meetup?.analysis,
  rows,
};
writeFileSync(`${folder}/measured.json`, `${JSON.stringify(merged, null, 1)}\n`);

/** What a training with a model more said of the score's last choices. */
function judgedRows({ model, dataset, rows }) {
  const judged = rows.filter((row) => !row.peer && /^validation \/ all \/ (blend|stack)$/.test(row.case));
  return judged.map((row) => ({ data: dataset, ...row, case: row.case.replace('validation', `validation with ${model}`) }));
}

/** Regret and breadth of each way of ranking: the mean over cities and its deviation. */
function demoRows(cities) {
  const measures = { regret: (way) => way.all };
  ['by tag', 'by place', 'contrary'].forEach((family, index) => {
    measures[`regret ${family}`] = (way) => way.by_family[index];
  });
  for (const name of ['coverage', 'novelty', 'diversity']) {
    if (cities.every((city) => city.regret.every((way) => way.spread?.[name] !== undefined))) {
      measures[name] = (way) => way.spread[name];
    }
  }
  const ways = cities[0]?.regret.map((way) => way.ranking) ?? [];
  const values = (name, measure) => cities.map((city) => measure(city.regret.find((way) => way.ranking === name)));
  return ways.flatMap((name) =>
    Object.entries(measures).map(([metric, measure]) => {
      const [value, spread] = meanAndDeviation(values(name, measure));
      return {
        data: 'demo-city',
        suite: 'accuracy',
        case: `demo city / all / ${name}`,
        metric,
        value,
        unit: metric === 'novelty' ? 'bits' : 'ratio',
        n: cities.reduce((sum, city) => sum + city.regret[0].visitors, 0),
        spread,
        baseline_random: ways.includes('any order') ? meanAndDeviation(values('any order', measure))[0] : undefined,
        baseline_popularity: ways.includes('popularity') ? meanAndDeviation(values('popularity', measure))[0] : undefined,
      };
    }),
  );
}

function meanAndDeviation(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return [mean, values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0];
}
