// A server that asks for a site's key, and the package on a page of that site: how the key is given, what a wrong one costs, how
// it is changed, and that taking everything back needs none that is still good.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { barePage } from './bare-page.mjs';
import { openContext } from './chromium.mjs';
import { keys } from './kept.mjs';
import { server, temporaryFolder } from './program.mjs';
import { registry } from './registry.mjs';
import { until } from './wait.mjs';

const BUNDLES = await registry();

test('events go with the key of their site, wait while it is wrong, and are withdrawn whatever became of it', async (t) => {
  const folder = await temporaryFolder(t);
  await barePage(join(folder, 'www'));
  const shown = ['--bundles', BUNDLES, '--www', join(folder, 'www')];
  const site = await server(t, ...shown, '--store', join(folder, 'unused.sqlite'), '--port', '0');
  const origin = `http://127.0.0.1:${site.port}`;
  const collector = (key, port) => server(t, ...shown, '--store', join(folder, 'events.sqlite'), '--port', port, '--site', `${origin}=${key}`);
  let collecting = await collector('first-key', '0');
  const to = `http://127.0.0.1:${collecting.port}`;
  const metric = async () => Number(/^triqueta_store_events (\d+)$/m.exec(await (await fetch(`${to}/metrics`)).text())?.[1]);

  // The pages of `triqueta serve` may talk to their own server alone; those of the site's own server decide for themselves.
  const { context } = await openContext(t, { bypassCSP: true });
  const page = await context.newPage();
  const asked = [];
  page.on('request', (request) => { if (request.method() === 'POST') asked.push(request.url()); });
  const visit = async (key) => {
    await page.goto(`${origin}/?events=${encodeURIComponent(`${to}/v1/events${key && `?key=${key}`}`)}`);
    await page.evaluate(async () => (await globalThis.opening).setConsent({ grade: 'upload' }));
  };
  const save = (count) => page.evaluate(async (times) => {
    const recommender = await globalThis.opening;
    const { items: [{ shown: place }] } = await recommender.recommend();
    for (let time = 0; time < times; time += 1) await recommender.record({ kind: 'impression', shown: place });
    await recommender.flush();
  }, count);
  const known = () => page.evaluate(async () => (await globalThis.opening).knowledge());

  for (const [key, pending] of [['', 2], ['wrong', 4]]) {
    await visit(key);
    await save(2);
    assert.equal((await known()).outbox.pending, pending, `kept with the key '${key}'`);
  }
  assert.equal(await metric(), 0);
  const { deviceId } = await known();

  await visit('first-key');
  await save(1);
  await until(async () => (await known()).outbox.pending === 0, 'everything is sent with the key');
  assert.equal(await metric(), 5);
  assert.equal((await known()).deviceId, deviceId, 'the same device, whatever the key');

  // The key is replaced: the page is opened with the new one, and goes on.
  assert.equal(await collecting.stop(), 0);
  collecting = await collector('second-key', String(collecting.port));
  await visit('second-key');
  await save(1);
  await until(async () => (await metric()) === 6, 'sent with the new key');

  // Replaced once more, and the visitor takes everything back on a page with the old one.
  assert.equal(await collecting.stop(), 0);
  collecting = await collector('third-key', String(collecting.port));
  asked.length = 0;
  await page.evaluate(async () => (await globalThis.opening).setConsent({ grade: 'none' }));
  await until(async () => (await metric()) === 0, 'the server deleted everything');
  assert.ok(asked.includes(`${to}/v1/withdraw?key=second-key`), asked.join());
  await until(async () => !(await keys(page, 'state')).some((key) => key.startsWith('withdrawal:')), 'the withdrawal is confirmed');
});

test('a server with sites takes what its own pages send with a key of one of them', async (t) => {
  const folder = await temporaryFolder(t);
  await barePage(join(folder, 'www'));
  const { port } = await server(t, '--bundles', BUNDLES, '--www', join(folder, 'www'), '--store', join(folder, 'events.sqlite'), '--port', '0', '--site', 'https://agenda.example=public-key');
  const { context, errors } = await openContext(t);
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${port}/?events=${encodeURIComponent('/v1/events?key=public-key')}`);
  await page.evaluate(async () => {
    const recommender = await globalThis.opening;
    await recommender.setConsent({ grade: 'upload' });
    const { items: [{ shown }] } = await recommender.recommend();
    await recommender.record({ kind: 'impression', shown });
  });
  const outbox = () => page.evaluate(async () => (await (await globalThis.opening).knowledge()).outbox);
  await until(async () => (await outbox()).acknowledged === 1, 'the server takes it');
  assert.deepEqual(errors, []);
});
