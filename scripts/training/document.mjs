// Writes docs/training-speed.md from target/bench/training.json: nothing but what was measured.
// usage: node scripts/training/document.mjs

import { readFileSync, writeFileSync } from 'node:fs';

const { day, machine, versions, peers, rows } = JSON.parse(readFileSync('target/bench/training.json', 'utf8'));
const OWN = 'triqueta';
const ABOUT = {
  two_tower: ['two towers', '200,000 examples, 30 sparse features, batches of 2,048, softmax within the batch, 2 epochs'],
  wide_deep: ['Wide & Deep', '196,000 examples, 30 sparse features and 10 crosses, layers of 128, 64, 32 and 16, batches of 2,048, 1 epoch'],
  neumf: ['NeuMF', '1,000 users, 3,700 items, 4 negatives a choice, 32 products and layers of 64, 32, 16 and 8, batches of 256 choices, 3 epochs'],
  factorization_machine: ['factorization machine', '1,200,000 examples, 30 features each, 32 factors, AdaGrad, 2 epochs'],
  ials: ['iALS', '6,000 users, 3,700 items, 972,000 choices, 64 factors, 3 steps of conjugate gradient, 15 iterations'],
  bpr: ['BPR', 'the same choices, 64 factors, 20 epochs'],
};

const found = (name, peer, threads, metric) =>
  rows.find((row) => row.case === name && row.peer === peer && row.threads === threads && row.metric === metric);
const short = (value) => {
  if (value === undefined) return '';
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (value >= 1e3) return `${(value / 1e3).toFixed(1)} k`;
  return value >= 10 ? value.toFixed(0) : value.toFixed(3).replace(/^0\./, '.');
};
const times = (value) => (Number.isFinite(value) ? `${value.toFixed(2)} ×` : '');
const table = (head, lines) =>
  [head, head.map((_, column) => (column < 2 ? '---' : '---:')), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const cases = Object.keys(ABOUT).filter((name) => rows.some((row) => row.case === name));
const lines = cases.flatMap((name) => {
  const peer = rows.find((row) => row.case === name && row.peer !== OWN)?.peer;
  const accuracy = rows.find((row) => row.case === name && ['held_out_loss', 'hr@10'].includes(row.metric))?.metric;
  return [1, 2].map((threads) => {
    const both = (metric) => [OWN, peer].map((side) => found(name, side, threads, metric)?.value);
    const [speed, memory, right] = ['examples_per_second', 'peak_memory', accuracy].map(both);
    const ratio = (metric) => times(found(name, peer, threads, metric)?.ratio);
    return [
      ABOUT[name][0],
      `${peer}, ${threads} thread${threads > 1 ? 's' : ''}`,
      ...speed.map(short),
      `**${ratio('examples_per_second')}**`,
      ...right.map((value) => (value === undefined ? '' : value.toFixed(4).replace(/^0\./, '.'))),
      ...memory.map(short),
      ratio('peak_memory'),
    ];
  });
});
const scaling = cases.map((name) => {
  const gain = (side) => found(name, side, 2, 'examples_per_second')?.over_one_thread;
  const peer = rows.find((row) => row.case === name && row.peer !== OWN)?.peer;
  return [ABOUT[name][0], peer, times(gain(OWN)), times(gain(peer))];
});
const said = Object.entries(peers).map(([peer, version]) => `${peer} ${version}`);
const rounds = rows[0]?.n;

const text = `# How fast learning is

Written by \`./build.sh bench training\`; nothing here is typed in by hand.

Measured ${day} at \`${versions.triqueta}\` (${versions.rustc}) on ${machine.cores} cores of ${machine.processor}, ${machine.memory_gib} GiB, beside ${said.join(', ')}. Medians of ${rounds} round${rounds > 1 ? 's' : ''}; in each round both sides learn from the same made-up files with as many threads, one after the other, each in its own process. A ratio is the median of the rounds' own: a machine that is slower for a while is so for both sides. Held-out loss (lower is better) and HR@10 among 100 (higher is better) are computed alike on what neither side has learned from. An example of iALS is a choice in one iteration.

${table(['model', 'beside', 'examples/s', 'theirs', 'ratio', 'accuracy', 'theirs', 'peak MiB', 'theirs', 'ratio'], lines)}

## What a second thread gives

The weights are the same, bit for bit, on one thread and on two.

${table(['model', 'beside', 'ours', 'theirs'], scaling)}

## What was learned

${cases.map((name) => `- ${ABOUT[name][0]}: ${ABOUT[name][1]}; accuracy is ${rows.some((row) => row.case === name && row.metric === 'hr@10') ? 'HR@10' : 'the held-out loss'}.`).join('\n')}
`;
writeFileSync('docs/training-speed.md', text);
