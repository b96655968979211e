// The bench's pages, the module, the package around it, the module of its linear pass, the bundles and the peers on one origin.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.mjs': 'text/javascript',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};
const HEADERS = {
  // An isolated page is given a clock of 5 µs instead of 100.
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cache-control': 'no-store',
};
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Serves until `close()`; gives the origin. What a page sends to `/answer` is `taken`. */
export async function serve(module, pass, bundles, taken) {
  const mounts = [
    ['/module/', module],
    ['/package/', join(module, '..')],
    ['/pass/', pass],
    ['/bundles/', bundles],
    ['/peers/', here('node_modules')],
    ['/', here('page')],
  ];
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, 'http://bench').pathname);
    if (request.method === 'POST' && path === '/answer') {
      taken(await text(request));
      return response.writeHead(204, HEADERS).end();
    }
    const [prefix, folder] = mounts.find(([mount]) => path.startsWith(mount));
    const file = path === '/' ? 'index.html' : path.slice(prefix.length);
    const body = await readFile(join(folder, file)).catch(() => null);
    response.writeHead(body ? 200 : 404, { ...HEADERS, 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    response.end(body);
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}
