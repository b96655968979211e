// An index of neighbours by hnswlib-wasm: what is near by inner product, and not surely the nearest.

import { loadHnswlib } from '/peers/hnswlib-wasm/dist/hnswlib.js';
import { BEST, WIDTH } from '../data.mjs';

/** Neighbours an entry, how many are looked at to find them (as in benches/index), and how many to answer. */
const NEIGHBOURS = 16;
const BUILDING = 200;
const ANSWERING = [64, 200];
const SEED = 1;

/** A contender for each number looked at, on one index, and what it took to build, in s. */
export async function hnswlib({ rows, matrix, queries }) {
  const { HierarchicalNSW } = await loadHnswlib();
  const started = performance.now();
  const index = new HierarchicalNSW('ip', WIDTH, '');
  index.initIndex(rows, NEIGHBOURS, BUILDING, SEED);
  for (let row = 0; row < rows; row++) index.addPoint(matrix.subarray(row * WIDTH, (row + 1) * WIDTH), row, false);
  const building = (performance.now() - started) / 1000;
  const contenders = ANSWERING.map((looked) => {
    const before = () => index.setEfSearch(looked);
    const run = (call) => index.searchKnn(queries[call], BEST, undefined);
    const best = (call) => {
      before();
      return run(call).neighbors;
    };
    return { name: `hnswlib-wasm, ef ${looked}`, before, run, best };
  });
  return { contenders, building };
}
