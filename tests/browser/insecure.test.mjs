// Plain HTTP under a name of its own, as on a developer's network: no service worker, no locks, no hashing by the browser.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { barePage } from './bare-page.mjs';
import { openContext } from './chromium.mjs';
import { server, temporaryFolder } from './program.mjs';
import { recorder } from './recorder.mjs';
import { registry } from './registry.mjs';
import { until } from './wait.mjs';

const BUNDLES = await registry();

test('a page on plain HTTP away from localhost ranks, learns, sends under its own name and is believed', async (t) => {
  const folder = await temporaryFolder(t);
  await barePage(join(folder, 'www'));
  const { port } = await server(t, '--bundles', BUNDLES, '--www', join(folder, 'www'), '--store', join(folder, 'events.sqlite'), '--port', '0');
  const watched = await recorder(t, port);
  const origin = watched.origin.replace('127.0.0.1', 'city.test');
  const { context, errors } = await openContext(t, { args: ['--host-resolver-rules=MAP city.test 127.0.0.1'] });
  const page = await context.newPage();
  await page.goto(origin);
  assert.equal(await page.evaluate(() => globalThis.isSecureContext), false);
  await page.evaluate(async () => {
    const recommender = await globalThis.opening;
    await recommender.setConsent({ grade: 'upload' });
    const { items: [{ shown }] } = await recommender.recommend();
    await recommender.record({ kind: 'favourite', activity: shown.activity, action: 'added' });
  });
  const outbox = () => page.evaluate(async () => (await (await globalThis.opening).knowledge()).outbox);
  await until(async () => (await outbox()).acknowledged === 1, 'the server takes it');

  // What happens last goes as the page is left.
  await page.evaluate(async () => {
    const recommender = await globalThis.opening;
    const { items: [, { shown }] } = await recommender.recommend();
    await recommender.record({ kind: 'impression', shown });
  });
  const posts = () => watched.passed.filter(({ method, url }) => method === 'POST' && url === '/v1/events');
  const before = posts().length;
  await page.goto('about:blank');
  // The next visit would send it too.
  await until(() => posts().length > before, 'the page sends as it is left');
  await page.goto(origin);
  await until(async () => (await outbox()).acknowledged === 2, 'the server takes what happened last');
  for (const { headers } of posts()) assert.equal(headers.origin, origin);
  // The server's header for pages that can have windows of their own, which these cannot.
  assert.deepEqual(errors.filter((error) => !error.includes('Cross-Origin-Opener-Policy header has been ignored')), []);
});
