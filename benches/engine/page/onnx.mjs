// An ONNX file of two nodes, written by hand: the scores of one query and the best ten of them.

import { BEST, WIDTH } from './data.mjs';

const FLOAT = 1;
const INT8 = 3;
const INT32 = 6;
const INT64 = 7;

/** `values, places = TopK(query[1, 52] × turned[52, rows])`, in single precision or in whole numbers of eight bits. */
export function scoring(turned, rows) {
  const whole = turned instanceof Int8Array;
  const [from, to, product] = whole ? [INT8, INT32, 'MatMulInteger'] : [FLOAT, FLOAT, 'MatMul'];
  const graph = [
    part(1, node(product, ['query', 'matrix'], ['scores'])),
    part(1, node('TopK', ['scores', 'best'], ['values', 'places'])),
    part(2, text('scoring')),
    part(5, tensor('matrix', [WIDTH, rows], from, turned)),
    part(5, tensor('best', [1], INT64, BigInt64Array.of(BigInt(BEST)))),
    part(11, declared('query', from, [1, WIDTH])),
    part(12, declared('values', to, [1, BEST])),
    part(12, declared('places', INT64, [1, BEST])),
  ];
  const irVersion = 8;
  const operators = 13;
  return joined([number(1, irVersion), part(7, joined(graph)), part(8, number(2, operators))]);
}

const node = (operator, inputs, outputs) =>
  joined([...inputs.map((name) => part(1, text(name))), ...outputs.map((name) => part(2, text(name))), part(4, text(operator))]);

const tensor = (name, shape, type, values) =>
  joined([
    ...shape.map((length) => number(1, length)),
    number(2, type),
    part(8, text(name)),
    part(9, new Uint8Array(values.buffer)),
  ]);

function declared(name, type, shape) {
  const lengths = joined(shape.map((length) => part(1, number(1, length))));
  return joined([part(1, text(name)), part(2, part(1, joined([number(1, type), part(2, lengths)])))]);
}

// The wire format of protocol buffers: fields of a number (kind 0) or of so many bytes (kind 2).

const text = (value) => new TextEncoder().encode(value);
const number = (field, value) => joined([varint(field << 3), varint(value)]);
const part = (field, bytes) => joined([varint((field << 3) | 2), varint(bytes.length), bytes]);

function varint(value) {
  const bytes = [];
  for (let rest = value; bytes.length === 0 || rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) | (rest >= 128 ? 128 : 0));
  }
  return Uint8Array.from(bytes);
}

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const bytes of parts) {
    whole.set(bytes, at);
    at += bytes.length;
  }
  return whole;
}
