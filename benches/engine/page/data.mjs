// What the peers multiply: the same seeded numbers for all of them.

export const WIDTH = 52;
export const BEST = 10;

/** A matrix of so many rows, and queries of a row each, all between −1 and 1. */
export function made(rows, queries) {
  const next = random(rows);
  const filled = (length) => Float32Array.from({ length }, () => 2 * next() - 1);
  const matrix = filled(rows * WIDTH);
  return { rows, matrix, queries: Array.from({ length: queries }, () => filled(WIDTH)) };
}

/** The matrix with a column a row, the order in which a matrix product of one row is fast. */
export function transposed(matrix, rows) {
  const turned = new matrix.constructor(matrix.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < WIDTH; column++) turned[column * rows + row] = matrix[row * WIDTH + column];
  }
  return turned;
}

/** Mulberry32: numbers from 0 to 1. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
