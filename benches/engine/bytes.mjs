// What has to travel: the module with its glue beside the peers' files, and a bundle by group of files.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const PEERS = join(import.meta.dirname, 'node_modules');
/** What a page of each must load. */
const LOADED = {
  'onnxruntime-web': [
    'onnxruntime-web/dist/ort.wasm.min.mjs',
    'onnxruntime-web/dist/ort-wasm-simd-threaded.mjs',
    'onnxruntime-web/dist/ort-wasm-simd-threaded.wasm',
  ],
  'TensorFlow.js wasm': [
    '@tensorflow/tfjs-core/dist/tf-core.min.js',
    '@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js',
    '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm',
  ],
  'hnswlib-wasm': ['hnswlib-wasm/dist/hnswlib.js', 'hnswlib-wasm/dist/hnswlib-317962d7.js'],
};

/** Rows of the code that must arrive before a first list. */
export function code(module) {
  const rows = (name, folder, files) =>
    weighed({ case: `download, ${name}`, contender: name }, files.map((file) => join(folder, file)));
  const peers = Object.entries(LOADED).flatMap(([name, files]) => rows(name, PEERS, files));
  return [
    ...rows('triqueta', module, ['triqueta.js', 'triqueta_bg.wasm']),
    ...rows('triqueta, ranking alone', module, ['ranking.js', 'ranking_bg.wasm']),
    ...peers,
  ];
}

/** Rows of a bundle's groups. */
export function bundle(folder, activities) {
  const { paths } = JSON.parse(readFileSync(join(folder, 'bench.json'), 'utf8'));
  const manifest = paths.find((path) => path.startsWith('manifests/'));
  const { files } = JSON.parse(readFileSync(join(folder, manifest), 'utf8'));
  const groups = { manifest: [manifest] };
  for (const { group, path } of files) groups[group] = [...(groups[group] ?? []), path];
  return Object.entries(groups).flatMap(([group, members]) =>
    weighed({ case: `bundle of ${activities}, ${group}`, group, activities }, members.map((path) => join(folder, path))));
}

/** Each file compressed alone, as a server sends it. */
function weighed(about, files) {
  const contents = files.map((file) => readFileSync(file));
  const weights = { raw: (bytes) => bytes, gzip: (bytes) => gzipSync(bytes, { level: 9 }), brotli: brotliCompressSync };
  return Object.entries(weights).map(([metric, packed]) => {
    const value = contents.reduce((sum, bytes) => sum + packed(bytes).length, 0);
    return { suite: 'bytes', ...about, metric, value, unit: 'B', n: files.length };
  });
}
