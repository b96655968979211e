import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { openContext } from './chromium.mjs';

test('the browser of these tests has what the page builds on', async (t) => {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>empty</title><link rel="icon" href="data:,">');
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  t.after(() => server.close());
  const { context, errors } = await openContext(t);
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const missing = await page.evaluate(() =>
    ['WebAssembly', 'indexedDB', 'caches', 'crypto', 'CompressionStream', 'IntersectionObserver']
      .filter((name) => !(name in globalThis))
      .concat('serviceWorker' in navigator ? [] : ['serviceWorker'])
      .concat('locks' in navigator ? [] : ['locks']),
  );
  assert.deepEqual(missing, []);
  assert.deepEqual(errors, []);
});
