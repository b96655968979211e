// TensorFlow.js on its WebAssembly backend, one thread. It keeps one engine a page, so no other backend may be loaded here.

import { BEST, transposed, WIDTH } from '../data.mjs';

const PEERS = '/peers/@tensorflow';

export async function tensorflow({ rows, matrix, queries }) {
  await script(`${PEERS}/tfjs-core/dist/tf-core.min.js`);
  await script(`${PEERS}/tfjs-backend-wasm/dist/tf-backend-wasm.min.js`);
  const { tf } = globalThis;
  // A page that may share memory would be given the backend of several threads.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  tf.wasm.setWasmPaths(`${PEERS}/tfjs-backend-wasm/dist/`);
  if (!(await tf.setBackend('wasm'))) throw new Error('TensorFlow.js has no WebAssembly backend here');
  const turned = tf.tensor2d(transposed(matrix, rows), [WIDTH, rows]);
  const run = (call) =>
    tf.tidy(() => {
      const { values, indices } = tf.topk(tf.matMul(tf.tensor2d(queries[call], [1, WIDTH]), turned), BEST);
      return [indices.dataSync(), values.dataSync()];
    });
  return [{ name: 'TensorFlow.js wasm', run, best: (call) => Array.from(run(call)[0]) }];
}

const script = (src) =>
  new Promise((loaded, failed) => {
    document.head.append(Object.assign(document.createElement('script'), { src, onload: loaded, onerror: failed }));
  });
