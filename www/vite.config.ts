/**
 * How the page is built: one bundle, a service worker with the list of what to keep, and a strict content policy.
 */
/// <reference types="node" />
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';

const CONTENT_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** What the page never fetches: it ranks on its own thread, and the package's worker is not for it. */
const UNUSED = /^(index\.html|assets\/thread-.*\.js)$/;

/** Where service worker code finds the list; a string so that the worker also parses unbuilt. */
const PRECACHE = '__PRECACHE__';

/** Writes the names of the built files, and a digest of their content, into the service worker. */
function precache(): Plugin {
  return {
    name: 'triqueta-precache',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const worker = bundle['sw.js'];
      if (worker?.type !== 'chunk') throw new Error('sw.js was not built: see rollupOptions.input in vite.config.ts');
      const built = Object.values(bundle).filter((file) => file.fileName !== 'sw.js');
      const publicFiles = readdirSync(new URL('public', import.meta.url));
      const digest = createHash('sha256');
      for (const file of built) digest.update(file.type === 'chunk' ? file.code : file.source);
      for (const file of publicFiles) digest.update(readFileSync(new URL(`public/${file}`, import.meta.url)));
      const names = [...built.map((file) => file.fileName).filter((name) => !UNUSED.test(name)), ...publicFiles];
      const paths = ['/', ...names.map((name) => `/${name}`)].sort();
      const list = JSON.stringify({ version: digest.digest('hex').slice(0, 16), paths });
      worker.code = worker.code.replace(new RegExp(`["'\`]${PRECACHE}["'\`]`), () => JSON.stringify(list));
      if (worker.code.includes(PRECACHE)) throw new Error('sw.js still has its placeholder: the list was not written');
    },
  };
}

/** Puts the content policy into the built page, so that it holds whatever serves it. */
function contentPolicy(): Plugin {
  return {
    name: 'triqueta-content-policy',
    apply: 'build',
    transformIndexHtml: () => [
      { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: CONTENT_POLICY }, injectTo: 'head-prepend' },
    ],
  };
}

export default defineConfig({
  plugins: [precache(), contentPolicy()],
  optimizeDeps: { exclude: ['@triqueta/recommender'] },
  server: { fs: { allow: ['.', '../pkg/dist'] }, proxy: { '/bundles': 'http://localhost:8080', '/v1': 'http://localhost:8080' } },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { main: 'index.html', sw: 'src/sw.ts', sync: 'src/sync.ts' },
      output: { entryFileNames: (chunk) => (['sw', 'sync'].includes(chunk.name) ? `${chunk.name}.js` : 'assets/[name]-[hash].js') },
    },
  },
});
