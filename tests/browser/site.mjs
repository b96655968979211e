// The built page on a server of the test's own, so that a test decides what the page finds: which bundles, which events
// answer, and when the server is gone.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const PAGE = fileURLToPath(new URL('../../www/dist', import.meta.url));
const TYPES = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml',
  '.png': 'image/png', '.wasm': 'application/wasm', '.webmanifest': 'application/manifest+json', '.woff2': 'font/woff2',
  '.json': 'application/json',
};

/**
 * Serves the page until the test `t` ends. `answers` maps paths to JSON bodies, `bundles` is a registry folder.
 *
 * Events posted are kept and acknowledged as a server would. Returns the origin, what was asked for, the events and
 * withdrawals received, and ways to stop and start the server on the same port.
 */
export async function serveSite(t, { answers = {}, bundles = null } = {}) {
  const asked = [];
  const events = [];
  const withdrawn = [];
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://site').pathname;
    asked.push(`${request.method} ${path}`);
    const reply = (status, type, body) => response.writeHead(status, { 'content-type': type }).end(body);
    const json = (body) => reply(200, TYPES['.json'], JSON.stringify(body));
    if (request.method === 'POST') {
      const body = JSON.parse(await text(request));
      if (path === '/v1/withdraw') {
        withdrawn.push(body.device);
        return json({ deleted: events.filter((event) => event.device === body.device).length });
      }
      events.push(...body.events);
      return json({ verdicts: body.events.map(({ id }) => ({ id, verdict: 'stored' })) });
    }
    if (path in answers) return json(answers[path]);
    const inRegistry = bundles !== null && path.startsWith('/bundles/');
    const [folder, name] = inRegistry ? [bundles, path.slice('/bundles'.length)] : [PAGE, path === '/' ? '/index.html' : path];
    const file = join(folder, normalize(name));
    const body = file.startsWith(folder) ? await readFile(file).catch(() => null) : null;
    return body ? reply(200, TYPES[extname(file)] ?? 'application/octet-stream', body) : reply(404, 'text/plain', 'not found');
  });
  const start = (port) => new Promise((ready) => server.listen(port, '127.0.0.1', ready));
  const stop = () => new Promise((stopped) => {
    server.close(stopped);
    server.closeAllConnections();
  });
  await start(0);
  const { port } = server.address();
  t.after(() => server.listening && stop());
  return { origin: `http://127.0.0.1:${port}`, asked, events, withdrawn, stop, start: () => start(port) };
}

async function text(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  return (stream.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8');
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
