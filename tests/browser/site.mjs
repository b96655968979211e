// The built page on a server of the test's own, so that a test decides what the page finds: which bundles, which events
// answer, and when the server is gone.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../../www/dist', import.meta.url));
const TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml',
  '.png': 'image/png', '.wasm': 'application/wasm', '.webmanifest': 'application/manifest+json', '.woff2': 'font/woff2',
  '.json': 'application/json',
};

/**
 * Serves the page until the test `t` ends. `answers` maps paths to JSON bodies, besides the page's own files.
 *
 * Returns the origin, what was asked for, and a way to stop and start the server on the same port.
 */
export async function serveSite(t, answers = {}) {
  const asked = [];
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://site').pathname;
    asked.push(`${request.method} ${path}`);
    if (path in answers) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answers[path]));
      return;
    }
    const file = join(PAGE, normalize(path === '/' ? '/index.html' : path));
    const body = file.startsWith(PAGE) ? await readFile(file).catch(() => null) : null;
    response.writeHead(body ? 200 : 404, { 'content-type': TYPES[extname(file)] ?? 'text/plain' });
    response.end(body ?? 'not found');
  });
  const start = (port) => new Promise((ready) => server.listen(port, '127.0.0.1', ready));
  const stop = () => new Promise((stopped) => {
    server.close(stopped);
    server.closeAllConnections();
  });
  await start(0);
  const { port } = server.address();
  t.after(() => server.listening && stop());
  return { origin: `http://127.0.0.1:${port}`, asked, stop, start: () => start(port) };
}

/** Activities of an invented city for the plain list, one of a type nobody has words or an icon for. */
export function plainList(count = 20) {
  const types = ['cultura', 'deporte', 'recreacion', 'tejido_social'];
  const tags = [['jazz', 'música'], ['ciclismo'], ['cometas', 'familia'], ['trueque']];
  const hour = 3_600_000;
  const activities = Array.from({ length: count }, (_, n) => ({
    id: `plan-${n}`, title: `Plan número ${n}`, description: 'Una tarde para encontrarse.', type: types[n % 4], tags: tags[n % 4],
    locality: n % 2 ? 'Chapinero' : 'Santa Fe', level: n % 4 === 1 ? 'medio' : null, address: 'Calle 26 con carrera 7', lat: 4.61,
    lon: -74.07, startMs: Date.now() + (n + 1) * 20 * hour, endMs: Date.now() + (n + 1) * 20 * hour + 2 * hour,
    price: n % 3 ? 0 : 15_000, free: n % 3 !== 0, organiser: null, series: null, link: 'https://example.org/', image: null,
  }));
  return { generated_ms: Date.now(), activities };
}
