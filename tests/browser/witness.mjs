// A proxy before the server that watches events come in: which were stored and how often, and how many requests were under
// way at once.

import { createServer, request as ask } from 'node:http';
import { gunzipSync } from 'node:zlib';

/**
 * Stands before the server at `port` until the test `t` ends. Gives the origin to open instead; `stored`, how often the
 * server called each id stored; `batches`, the requests with events, oldest first; `most`, the most of them under way at
 * once; and `before`, called with a batch's events before its answer goes back: a promise it gives is waited for. What is
 * asked for below `/other` goes to the port `other` instead, unwatched.
 */
export async function witness(t, port, other = port) {
  const seen = { stored: new Map(), batches: [], underWay: 0, most: 0, before: async () => {} };
  const proxy = createServer(async (request, response) => {
    const { method, headers } = request;
    const isOther = request.url.startsWith('/other/');
    const url = isOther ? request.url.slice('/other'.length) : request.url;
    const isBatch = !isOther && method === 'POST' && url === '/v1/events';
    const body = await whole(request);
    // The server is away, or the page: so is this.
    const answer = await passOn({ host: '127.0.0.1', port: isOther ? other : port, method, path: url, headers }, body).catch(() => null);
    if (!answer) return response.destroy();
    if (isBatch) await note(seen, headers, body, answer, response);
    return response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  await new Promise((ready) => proxy.listen(0, '127.0.0.1', ready));
  t.after(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  seen.origin = `http://127.0.0.1:${proxy.address().port}`;
  return seen;
}

async function note(seen, headers, body, answer, response) {
  const packed = headers['content-encoding'] === 'gzip';
  const { events } = JSON.parse(packed ? gunzipSync(body) : body);
  seen.batches.push({ packed, events });
  if (answer.status === 200) {
    const verdicts = JSON.parse(answer.body).verdicts.filter(({ verdict }) => verdict === 'stored');
    for (const { id } of verdicts) seen.stored.set(id, (seen.stored.get(id) ?? 0) + 1);
  }
  const gone = new Promise((closed) => response.on('close', closed));
  seen.underWay += 1;
  seen.most = Math.max(seen.most, seen.underWay);
  await Promise.race([seen.before(events), gone]);
  seen.underWay -= 1;
}

function passOn(target, body) {
  return new Promise((done, failed) => {
    const onward = ask(target, async (answer) => done({ status: answer.statusCode, headers: answer.headers, body: await whole(answer) }));
    onward.on('error', failed);
    onward.end(body);
  });
}

async function whole(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
