// The way back from a browser: one page of a visitor sends for all, whoever is killed, and every event whose `record()` was
// answered is stored exactly once. TRIQUETA_ROUNDS=200 makes the rounds of each test as many as that.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { barePage } from './bare-page.mjs';
import { openContext } from './chromium.mjs';
import { copies, keys } from './kept.mjs';
import { server, temporaryFolder } from './program.mjs';
import { registry } from './registry.mjs';
import { until } from './wait.mjs';
import { witness } from './witness.mjs';

const BUNDLES = await registry();
const ROUNDS = Number(process.env.TRIQUETA_ROUNDS ?? 0);
const TABS = 8;
/** One device may send 10,000 events at once, then 3,600 an hour: a test that tells more would wait for hours. */
const ALLOWED = 9_000;

/** The package on a server that is watched, and a browser. */
async function site(t) {
  const folder = await temporaryFolder(t);
  await barePage(join(folder, 'www'));
  const { port } = await server(t, '--bundles', BUNDLES, '--store', join(folder, 'events.sqlite'), '--www', join(folder, 'www'), '--port', '0');
  const seen = await witness(t, port);
  const { context } = await openContext(t);
  const metric = async (name) => {
    const text = await (await fetch(`${seen.origin}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  };
  return { seen, context, metric };
}

async function open(context, seen) {
  const page = await context.newPage();
  await page.goto(seen.origin);
  await page.evaluate(async () => (await globalThis.opening).setConsent({ grade: 'upload' }));
  return page;
}

/** Stores so many events and gives their ids. */
const record = (page, count) => page.evaluate(async (times) => {
  const recommender = await globalThis.opening;
  const { items: [{ shown }] } = await recommender.recommend();
  return Promise.all(Array.from({ length: times }, () => recommender.record({ kind: 'impression', shown })));
}, count);

/** A tab's process dies, or the tab is closed without a word. */
async function kill(page, crash) {
  if (!crash) return page.close();
  const session = await page.context().newCDPSession(page);
  // Now and then, among hundreds, Chromium says nothing of it: then the tab is closed without a word.
  const crashed = page.waitForEvent('crash', { timeout: 10_000 }).catch(() => {});
  session.send('Page.crash').catch(() => {});
  await crashed;
  return page.close();
}

const allStored = (seen, ids) => until(() => ids.every((id) => seen.stored.has(id)), 'everything was stored');

const once = (seen) => assert.deepEqual([...seen.stored].filter(([, times]) => times !== 1), [], 'stored more than once');

test(`${TABS} tabs with one queue: one sends for all; when it is killed another goes on, nothing is lost or stored twice`, async (t) => {
  const { seen, context, metric } = await site(t);
  const pages = new Set();
  let leader = null;
  const join = async () => {
    const page = await open(context, seen);
    // A page that shares the process of one that was crashed dies with it.
    page.on('crash', () => pages.delete(page));
    page.on('request', (request) => { if (request.method() === 'POST') leader = page; });
    pages.add(page);
  };
  const ids = [];
  for (let round = 0; round < (ROUNDS || 20); round += 1) {
    while (pages.size < TABS) await join();
    leader = null;
    let release = null;
    // The batch was stored, its sender does not hear of it any more.
    seen.before = () => new Promise((go) => { release = go; });
    ids.push(...(await Promise.all([...pages].map((page) => record(page, 2)))).flat());
    for (const page of pages) page.evaluate(async () => (await globalThis.opening).flush()).catch(() => {});
    await until(() => leader !== null && release !== null, 'a tab sends');
    pages.delete(leader);
    await kill(leader, round % 2 === 0);
    seen.before = async () => {};
    release();
    await allStored(seen, ids);
  }
  once(seen);
  assert.equal(await metric('triqueta_store_events'), ids.length);
  assert.equal(await metric('triqueta_events_missing'), 0);
});

test('a tab killed at any time: what record() had answered is stored exactly once', async (t) => {
  const { seen, context } = await site(t);
  const ids = [];
  await context.exposeFunction('answered', (id) => { ids.push(id); });
  seen.before = () => new Promise((go) => setTimeout(go, Math.random() * 100));
  const rounds = ROUNDS || 25;
  for (let round = 0; round < rounds; round += 1) {
    const page = await open(context, seen);
    page.evaluate(async (times) => {
      const recommender = await globalThis.opening;
      const { items: [{ shown }] } = await recommender.recommend();
      for (let time = 0; time < times; time += 1) {
        globalThis.answered(await recommender.record({ kind: 'impression', shown }));
        if (Math.random() < 0.2) recommender.flush();
        await new Promise((go) => setTimeout(go, (Math.random() * 400) / times));
      }
    }, Math.floor(ALLOWED / rounds)).catch(() => {});
    await new Promise((wait) => setTimeout(wait, 50 + Math.random() * 300));
    await kill(page, round % 2 === 0);
  }
  const last = await open(context, seen);
  await last.evaluate(async () => (await globalThis.opening).flush());
  assert.ok(ids.length > 0);
  await allStored(seen, ids);
  once(seen);
  const outbox = async () => (await last.evaluate(async () => (await globalThis.opening).knowledge())).outbox;
  await until(async () => (await outbox()).pending === 0, 'nothing waits any more');
  assert.equal((await outbox()).dropped, 0);
});

for (const [by, script] of [
  ['a lock', () => {}],
  ['a lease where the browser has no locks', () => Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined })],
]) {
  test(`${TABS} tabs have one request under way at a time, by ${by}`, async (t) => {
    const { seen, context, metric } = await site(t);
    await context.addInitScript(script);
    const pages = [];
    while (pages.length < TABS) pages.push(await open(context, seen));
    seen.before = () => new Promise((go) => setTimeout(go, 300));
    const ids = (await Promise.all(pages.map((page) => record(page, 2)))).flat();
    await Promise.all(pages.map((page) => page.evaluate(async () => (await globalThis.opening).flush())));
    await allStored(seen, ids);
    once(seen);
    assert.equal(seen.most, 1, 'requests under way at once');
    assert.equal(await metric('triqueta_store_events'), ids.length);
    await until(async () => !(await keys(pages[0], 'state')).includes('lease'), 'a lease is handed back');
  });
}

for (const [how, script] of [
  ['by a request that outlives its page', () => {}],
  ['by a beacon where requests end with their page', () => { delete Request.prototype.keepalive; }],
]) {
  test(`a page that is left sends what it has just stored, ${how}, and deletes nothing`, async (t) => {
    const { seen, context } = await site(t);
    await context.addInitScript(script);
    const page = await open(context, seen);
    let answer = null;
    seen.before = () => new Promise((go) => { answer = go; });
    // A page that is sending when it is left sends nothing more: what opening began is over first.
    await page.evaluate(async () => (await globalThis.opening).flush());
    const [id] = await record(page, 1);
    await page.goto(`${seen.origin}/page.js`);
    await allStored(seen, [id]);
    assert.deepEqual(await keys(page, 'events'), [id], 'no page heard the answer');
    seen.before = async () => {};
    answer();
    await page.goto(seen.origin);
    await until(async () => (await keys(page, 'events')).length === 0, 'the next visit hears it');
    assert.ok(seen.batches.length >= 2);
    once(seen);
  });
}

test('a batch worth it travels packed', async (t) => {
  const { seen, context } = await site(t);
  const page = await open(context, seen);
  const ids = await record(page, 60);
  await page.evaluate(async () => (await globalThis.opening).flush());
  await allStored(seen, ids);
  assert.ok(seen.batches.some(({ packed, events }) => packed && events.length > 1));
});

test('offline with more than the queue holds, a full disk and a reload: the oldest go, counted; the rest arrives in order', async (t) => {
  const { seen, context, metric } = await site(t);
  const page = await open(context, seen);
  await record(page, 1);
  await page.evaluate(async () => (await globalThis.opening).flush());
  // Had the page been sending already, this event would still wait, and be dropped as the oldest although it was stored.
  await until(async () => (await keys(page, 'events')).length === 0, 'the page has heard that its first event was stored');
  // The browser says it has no network. What follows is put where `record` puts it: ten thousand times it would take minutes.
  await context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'onLine', { get: () => globalThis.name === 'online' }));
  await page.reload();
  const [first] = await record(page, 1);
  const waiting = 10_000;
  const ids = await page.evaluate(copies, [first, waiting + 4]);

  const unsaved = await page.evaluate(async () => {
    const recommender = await globalThis.opening;
    // As on a full disk: the browser gives the transaction up.
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function full(...parameters) {
      const request = put.apply(this, parameters);
      this.transaction.abort();
      return request;
    };
    const id = await recommender.record({ kind: 'search', query: 'x'.repeat(900), filters: {}, result_count: 0, clicked: [] });
    IDBObjectStore.prototype.put = put;
    return [id, recommender.status.unsaved, recommender.status.problem?.code];
  });
  assert.deepEqual(unsaved.slice(1), [1, 'STORAGE_FAILED']);

  const [lastOne] = await record(page, 1);
  const status = await page.evaluate(async () => (await globalThis.opening).status);
  assert.deepEqual([status.unsaved, status.problem], [0, null], 'it was stored with the next');
  await page.reload();
  await page.evaluate(async () => {
    await globalThis.opening;
    globalThis.name = 'online';
    dispatchEvent(new Event('online'));
  });
  const all = [first, ...ids, unsaved[0], lastOne];
  const kept = all.slice(-waiting);
  await allStored(seen, kept);
  once(seen);
  const arrived = seen.batches.flatMap(({ events }) => events.map(({ id }) => id)).slice(1);
  assert.deepEqual([...new Set(arrived)], kept, 'in order, and nothing that was dropped');
  assert.equal(all.length - kept.length, 7);
  assert.equal(await metric('triqueta_events_dropped'), 7);
});

test('events that a later version stored do not stop those behind them', async (t) => {
  const { seen, context } = await site(t);
  const page = await open(context, seen);
  await context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'onLine', { get: () => globalThis.name === 'online' }));
  await page.reload();
  const [first] = await record(page, 1);
  await page.evaluate(copies, [first, 120, { later: true }]);
  const [last] = await record(page, 1);
  await page.evaluate(async () => {
    globalThis.name = 'online';
    await (await globalThis.opening).flush();
  });
  await allStored(seen, [first, last]);
  await until(async () => (await keys(page, 'events')).length === 0, 'the server has judged all of them');
  assert.equal(seen.stored.size, 2);
});
