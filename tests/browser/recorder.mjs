// Everything a browser asks of a server, to the last header: a proxy between the two that keeps what passes.

import { createServer, request as ask } from 'node:http';

/**
 * Stands in front of the server at `port` until the test `t` ends. Gives the origin to open instead, and what passed:
 * `{method, url, headers, body}`, oldest first.
 */
export async function recorder(t, port) {
  const passed = [];
  const proxy = createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const { method, url, headers } = request;
      const body = Buffer.concat(parts);
      passed.push({ method, url, headers, body: body.toString('utf8') });
      const onward = ask({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      // The server is away: so is this.
      onward.on('error', () => response.destroy());
      onward.end(body);
    });
  });
  await new Promise((ready) => proxy.listen(0, '127.0.0.1', ready));
  t.after(() => {
    proxy.close();
    proxy.closeAllConnections();
  });
  return { origin: `http://127.0.0.1:${proxy.address().port}`, passed };
}
