// No library: as fast as plain JavaScript goes, and as one would write it first.

import { BEST, WIDTH } from '../data.mjs';

export function javascript(data) {
  return [typed(data), ...(data.rows <= 100_000 ? [objects(data)] : [])];
}

/** Four sums side by side over one long array, and only the best ten kept. */
function typed({ rows, matrix, queries }) {
  const scores = new Float32Array(BEST);
  const places = new Uint32Array(BEST);
  const run = (call) => {
    const query = queries[call];
    scores.fill(-Infinity);
    for (let row = 0, at = 0; row < rows; row++) {
      let [a, b, c, d] = [0, 0, 0, 0];
      for (let column = 0; column < WIDTH; column += 4, at += 4) {
        a += matrix[at] * query[column];
        b += matrix[at + 1] * query[column + 1];
        c += matrix[at + 2] * query[column + 2];
        d += matrix[at + 3] * query[column + 3];
      }
      const score = a + b + (c + d);
      if (score > scores[BEST - 1]) {
        let place = BEST - 1;
        for (; place > 0 && scores[place - 1] < score; place--) {
          scores[place] = scores[place - 1];
          places[place] = places[place - 1];
        }
        scores[place] = score;
        places[place] = row;
      }
    }
    return places;
  };
  return { name: 'JavaScript, typed arrays', run, best: (call) => Array.from(run(call)) };
}

/** An object an activity, a chain of map, reduce, sort and slice. */
function objects({ rows, matrix, queries }) {
  const activities = Array.from({ length: rows }, (_, id) => ({
    id,
    features: Array.from(matrix.subarray(id * WIDTH, (id + 1) * WIDTH)),
  }));
  const wanted = queries.map((query) => Array.from(query));
  const run = (call) => {
    const query = wanted[call];
    return activities
      .map(({ id, features }) => ({ id, score: features.reduce((sum, value, at) => sum + value * query[at], 0) }))
      .sort((one, other) => other.score - one.score)
      .slice(0, BEST);
  };
  return { name: 'JavaScript, objects', run, best: (call) => run(call).map(({ id }) => id) };
}
