// What waits is sent by the page's service worker when the browser says that the network is back, though no page is open; only
// what the visitor allows, and not beside a page that is sending.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { barePage } from './bare-page.mjs';
import { openContext } from './chromium.mjs';
import { keys } from './kept.mjs';
import { server, temporaryFolder } from './program.mjs';
import { registry } from './registry.mjs';
import { until } from './wait.mjs';
import { witness } from './witness.mjs';

const BUNDLES = await registry();
const TAG = 'triqueta-outbox';

/** The package with a service worker on a server that is watched, and a browser that can be told to sync. */
async function site(t) {
  const folder = await temporaryFolder(t);
  const www = join(folder, 'www');
  await barePage(www);
  await writeFile(join(www, 'worker.js'), "import { sendOnSync } from './recommender/worker.js';\nsendOnSync();\n");
  // As any page of the site that does not use the package.
  await writeFile(join(www, 'about.html'), '<!doctype html><title>About</title><link rel="icon" href="data:,">');
  const { port } = await server(t, '--bundles', BUNDLES, '--store', join(folder, 'events.sqlite'), '--www', www, '--port', '0');
  const seen = await witness(t, port);
  const { context } = await openContext(t);
  // Only the pages believe that there is no network, once they have a bundle: nothing is sent but by the worker.
  await context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'onLine', { get: () => globalThis.name !== 'offline' }));
  // The browser knows better and would sync at once.
  await context.addInitScript(() => { delete ServiceWorkerRegistration.prototype.sync; });
  const open = async () => {
    const page = await context.newPage();
    await page.goto(seen.origin);
    await page.evaluate(async () => {
      await (await globalThis.opening).flush();
      globalThis.name = 'offline';
    });
    return page;
  };
  const elsewhere = await context.newPage();
  const browser = await context.newCDPSession(elsewhere);
  const registrations = new Map();
  browser.on('ServiceWorker.workerRegistrationUpdated', (update) => {
    for (const { registrationId, scopeURL } of update.registrations) registrations.set(scopeURL, registrationId);
  });
  await elsewhere.goto(`${seen.origin}/about.html`);
  await browser.send('ServiceWorker.enable');
  await elsewhere.evaluate(async () => {
    await navigator.serviceWorker.register('/worker.js', { type: 'module' });
    await navigator.serviceWorker.ready;
  });
  const sync = async () => {
    await until(() => registrations.has(`${seen.origin}/`), 'the worker is registered');
    await browser.send('ServiceWorker.dispatchSyncEvent', { origin: seen.origin, registrationId: registrations.get(`${seen.origin}/`), tag: TAG, lastChance: false });
  };
  return { seen, open, sync, elsewhere };
}

const record = (page, count) => page.evaluate(async (times) => {
  const recommender = await globalThis.opening;
  await recommender.setConsent({ grade: 'upload' });
  const { items: [{ shown }] } = await recommender.recommend();
  return Promise.all(Array.from({ length: times }, () => recommender.record({ kind: 'impression', shown })));
}, count);

const once = (seen) => assert.ok([...seen.stored.values()].every((times) => times === 1), 'each once');

test('what was kept offline is sent when the network is back, though its page is closed', async (t) => {
  const { seen, open, sync, elsewhere } = await site(t);
  const page = await open();
  const ids = await record(page, 130);
  await page.close();
  assert.equal(seen.batches.length, 0);
  await sync();
  await until(() => ids.every((id) => seen.stored.has(id)), 'all of them arrive');
  await until(async () => (await keys(elsewhere, 'events')).length === 0, 'nothing waits any more');
  once(seen);
});

test('after a withdrawal the worker sends nothing but that', async (t) => {
  const { seen, open, sync, elsewhere } = await site(t);
  const page = await open();
  await record(page, 5);
  await page.evaluate(async () => (await globalThis.opening).setConsent({ grade: 'device' }));
  await page.close();
  const waits = async () => (await keys(elsewhere, 'state')).some((key) => key.startsWith('withdrawal:'));
  assert.ok(await waits());
  await sync();
  await until(async () => !(await waits()), 'the server confirms the withdrawal');
  assert.equal(seen.batches.length, 0);
});

test('while a page sends the worker does not', async (t) => {
  const { seen, open, sync, elsewhere } = await site(t);
  const page = await open();
  const ids = await record(page, 3);
  let release = null;
  seen.before = () => new Promise((go) => { release = go; });
  const flushed = page.evaluate(async () => {
    globalThis.name = 'online';
    return (await globalThis.opening).flush();
  });
  await until(() => release !== null, 'the page sends');
  await sync();
  await elsewhere.waitForTimeout(1_500);
  seen.before = async () => {};
  release();
  await flushed;
  await until(async () => (await keys(elsewhere, 'events')).length === 0, 'nothing waits any more');
  assert.ok(ids.every((id) => seen.stored.has(id)));
  assert.deepEqual([seen.most, seen.batches.length], [1, 1]);
  once(seen);
});
