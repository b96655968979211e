// onnxruntime-web on one thread, in single precision and in whole numbers of eight bits.

import * as ort from '/peers/onnxruntime-web/dist/ort.wasm.min.mjs';
import { transposed, WIDTH } from '../data.mjs';
import { scoring } from '../onnx.mjs';

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = '/peers/onnxruntime-web/dist/';

export async function onnxruntime({ rows, matrix, queries }) {
  const eighths = (values) => Int8Array.from(values, (value) => Math.round(127 * value));
  return [
    await contender('onnxruntime-web f32', 'float32', transposed(matrix, rows), rows, queries),
    await contender('onnxruntime-web int8', 'int8', transposed(eighths(matrix), rows), rows, queries.map(eighths)),
  ];
}

async function contender(name, type, turned, rows, queries) {
  const session = await ort.InferenceSession.create(scoring(turned, rows), { executionProviders: ['wasm'] });
  const inputs = queries.map((query) => ({ query: new ort.Tensor(type, query, [1, WIDTH]) }));
  const run = (call) => session.run(inputs[call]);
  return { name, run, best: async (call) => Array.from((await run(call)).places.data, Number) };
}
