/** A few activities and a server that answers what a test tells it to. */
import { createServer } from 'node:http';

export const NOW = Date.UTC(2026, 10, 20, 15);
const HOUR = 3_600_000;

export function activity(id, fields = {}) {
  return {
    id, title: `Actividad ${id}`, description: '', type: 'cultura', tags: [], locality: 'Chapinero', level: null,
    address: 'Calle 1', lat: 4.64, lon: -74.06, startMs: NOW + 24 * HOUR, endMs: NOW + 26 * HOUR, price: 0, free: true,
    organiser: null, series: null, link: null, image: null, ...fields,
  };
}

/** Serves `files` (path → object) until the test ends. */
export async function serve(test, files) {
  const server = createServer((request, response) => {
    const body = files[request.url ?? ''];
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(body === undefined ? '{}' : JSON.stringify(body));
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  test.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}
