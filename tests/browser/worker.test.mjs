// The recommender in a worker: the same lists, events and promises as on the page's own thread, and that thread where there is
// no worker, or no longer.

import assert from 'node:assert/strict';
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { barePage } from './bare-page.mjs';
import { openContext } from './chromium.mjs';
import { keys } from './kept.mjs';
import { server, temporaryFolder, triqueta } from './program.mjs';
import { registry } from './registry.mjs';
import { until } from './wait.mjs';
import { witness } from './witness.mjs';

const BUNDLES = await registry();

/** The package on a server that is watched, and a page that has not gone there yet. `prepare` may change the site's folder. */
async function site(t, { bundles = BUNDLES, prepare = async () => {} } = {}) {
  const folder = await temporaryFolder(t);
  const www = join(folder, 'www');
  await barePage(www);
  await prepare(www);
  const { port } = await server(t, '--bundles', bundles, '--store', join(folder, 'events.sqlite'), '--www', www, '--port', '0');
  const seen = await witness(t, port);
  const { context, errors } = await openContext(t);
  const page = await context.newPage();
  const ask = (work, argument) => page.evaluate(`globalThis.opening.then((recommender) => (${work})(recommender, ${JSON.stringify(argument) ?? 'undefined'}))`);
  const open = async (query) => {
    await page.goto(`${seen.origin}/${query}`);
    return ask((recommender) => recommender.status);
  };
  const metric = async (name) => {
    const text = await (await fetch(`${seen.origin}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  };
  return { seen, context, page, errors, ask, open, metric };
}

const allow = (recommender, grade) => recommender.setConsent({ grade });

/** Likes and saves a few, so that there is a past. */
const act = async (recommender) => {
  const { items } = await recommender.recommend({ seed: 3, limit: 20 });
  for (const { activity, shown } of items.slice(0, 3)) await recommender.record({ kind: 'feedback', activity: activity.id, opinion: 'like', shown });
  await recommender.record({ kind: 'favourite', activity: items[7].activity.id, action: 'added' });
  await recommender.setProfile({ tags: [recommender.vocabulary().tags[0].value], availability: [] });
};

/** All a page can see, for one moment. */
const look = async (recommender, nowMs) => {
  const lists = [];
  for (const request of [{ seed: 5, limit: 40, explorationSlots: 5 }, { seed: 6, ranking: 'rule' }, { seed: 7, filters: { onlyFavourites: true } }]) {
    const { items, total, ranking, bundle } = await recommender.recommend({ ...request, nowMs });
    lists.push({ items, total, ranking, bundle });
  }
  const [{ activity: { id } }] = lists[0].items;
  const { items: similar } = await recommender.similar(id, 5);
  const { consent, profile, interactions, inferred, deviceId } = await recommender.knowledge();
  const knowledge = { consent, profile, deviceId, interactions: interactions.map(({ activity, kinds }) => [activity, kinds]), inferred: Object.keys(inferred) };
  return {
    lists, knowledge, similar: similar.map(({ activity, score }) => [activity.id, score]), card: await recommender.activity(id),
    none: await recommender.activity('unheard of'), consent: recommender.consent(), profile: recommender.profile(), vocabulary: recommender.vocabulary(),
  };
};

const record = async (recommender, count) => {
  const { items: [{ shown }] } = await recommender.recommend();
  return Promise.all(Array.from({ length: count }, () => recommender.record({ kind: 'impression', shown })));
};

const allStored = (seen, ids) => until(() => ids.every((id) => seen.stored.has(id)), 'everything was stored');

test('for the same past, moment and seed both threads give the same lists, to the last digit, and know the same', async (t) => {
  const { page, errors, ask, open } = await site(t);
  const nowMs = Date.now();
  assert.equal((await open('')).thread, 'page');
  await ask(allow, 'device');
  await ask(act);
  const onPage = await ask(look, nowMs);
  assert.ok(onPage.lists[0].items.some(({ slot, propensity }) => slot === 'exploration' && propensity < 1));
  assert.ok(onPage.lists[2].items.length > 0 && onPage.knowledge.interactions.length > 0);

  const { thread, problem } = await open('?worker');
  assert.deepEqual([thread, problem], ['worker', null]);
  assert.deepEqual(await ask(look, nowMs), onPage);
  // The page itself fetched neither module nor bundle: all of it is the worker's.
  const fetched = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname));
  assert.ok(fetched.includes('/recommender/recommender.js'));
  assert.deepEqual(fetched.filter((path) => /\.wasm$|bundles/.test(path)), []);
  assert.deepEqual(errors, []);
});

test('events recorded in a worker arrive, each once; so do those of a page that is left at once, at the latest with the next visit', async (t) => {
  const { seen, page, ask, open, metric } = await site(t);
  await open('?worker');
  await ask(allow, 'upload');
  const ids = await ask(record, 5);
  await allStored(seen, ids);
  for (let visit = 0; visit < 5; visit += 1) {
    // As soon as the event is durable the page goes.
    const kept = page.waitForEvent('console', (message) => message.text().startsWith('kept '));
    await ask(async (recommender) => {
      const { items: [{ shown }] } = await recommender.recommend();
      setTimeout(async () => {
        console.log(`kept ${await recommender.record({ kind: 'impression', shown })}`);
        location.href = '/page.js';
      });
    });
    ids.push((await kept).text().slice('kept '.length));
    await page.waitForURL('**/page.js');
    await open('?worker');
  }
  await allStored(seen, ids);
  await until(async () => (await keys(page, 'events')).length === 0, 'the page hears of it');
  assert.equal(await metric('triqueta_store_events'), ids.length);
  assert.equal(await metric('triqueta_events_missing'), 0);
});

test('what is recorded in a worker without a network goes as soon as there is one', async (t) => {
  const { seen, context, page, ask, open } = await site(t);
  await open('?worker');
  await ask(allow, 'upload');
  await ask((recommender) => recommender.flush());
  await context.setOffline(true);
  const ids = await ask(record, 2);
  await ask((recommender) => recommender.flush());
  assert.equal(seen.batches.length, 0);
  await context.setOffline(false);
  await allStored(seen, ids);
});

for (const [name, signal] of [
  ['globalPrivacyControl', () => Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })],
  ['doNotTrack', () => Object.defineProperty(Navigator.prototype, 'doNotTrack', { get: () => '1' })],
]) {
  test(`what the browser tells the page alone, ${name}, is obeyed in a worker, from its opening on`, async (t) => {
    const { seen, context, page, ask, open } = await site(t);
    await open('?worker');
    assert.equal((await ask(allow, 'upload')).signal, false);
    await allStored(seen, await ask(record, 1));
    const before = seen.batches.length;
    await context.addInitScript(signal);
    await open('?worker');
    assert.equal(await page.workers()[0].evaluate((key) => Object.getOwnPropertyDescriptor(WorkerNavigator.prototype, key), name), undefined);
    const consent = await ask((recommender) => recommender.consent());
    assert.deepEqual([consent.grade, consent.signal], ['device', true], 'it was `upload` before');
    assert.deepEqual(await ask(record, 1), [null]);
    assert.equal((await ask(allow, 'upload')).grade, 'device');
    assert.deepEqual(await ask(record, 1), [null]);
    assert.equal((await ask((recommender) => recommender.flush())).sent, 0);
    assert.equal(seen.batches.length, before);
  });
}

test('a withdrawal on a page without a worker holds on one with a worker, and its consent says so', async (t) => {
  const { seen, context, page, ask, open } = await site(t);
  await open('?worker');
  await ask(allow, 'upload');
  const other = await context.newPage();
  await other.goto(seen.origin);
  await other.evaluate(async () => (await globalThis.opening).setConsent({ grade: 'none' }));
  await until(() => ask((recommender) => recommender.consent().grade === 'none'), 'the other page hears of it');
  assert.deepEqual(await ask(record, 1), [null]);
  assert.deepEqual(await keys(page, 'events'), []);
});

test('keys of signed channels hold in a worker', async (t) => {
  const folder = await temporaryFolder(t);
  const bundles = join(folder, 'bundles');
  await cp(BUNDLES, bundles, { recursive: true });
  const { public_key: key } = await triqueta('key', '--new', join(folder, 'key'));
  const { open } = await site(t, { bundles });
  const unsigned = await open(`?worker&keys=${key}`);
  assert.deepEqual([unsigned.source, unsigned.problem.code], ['fallback', 'BUNDLE_SIGNATURE']);
  await triqueta('sign', '--registry', bundles, '--sign', join(folder, 'key'));
  const signed = await open(`?worker&keys=${key}`);
  assert.deepEqual([signed.source, signed.thread, signed.problem], ['network', 'worker', null]);
});

const REFUSING = '<!doctype html><title>No workers</title><link rel="icon" href="data:,">'
  + '<meta http-equiv="Content-Security-Policy" content="worker-src \'none\'"><script type="module" src="/page.js"></script>';

for (const [why, query, prepare] of [
  ['its script is not there', '?worker', (www) => rm(join(www, 'recommender/thread.js'))],
  ["the page's content policy allows none", 'refusing.html?worker', (www) => writeFile(join(www, 'refusing.html'), REFUSING)],
]) {
  test(`no worker, because ${why}: the page's own thread ranks, and says why`, async (t) => {
    const { ask, open } = await site(t, { prepare });
    const { source, thread, problem } = await open(query);
    assert.deepEqual([source, thread, problem?.code], ['network', 'page', 'WORKER_UNAVAILABLE']);
    const { items } = await ask((recommender) => recommender.recommend());
    assert.equal(items.length, 10);
  });
}

for (const [how, kill] of [
  ['of an error', () => setTimeout(() => { globalThis.close(); throw new Error('out of memory'); })],
  ['without a word', () => setTimeout(() => globalThis.close())],
]) {
  test(`a worker that dies ${how}: the page's own thread goes on with the same past`, async (t) => {
    const { seen, page, ask, open, metric } = await site(t);
    const nowMs = Date.now();
    await open('?worker');
    await ask(allow, 'upload');
    await ask(act);
    const ids = await ask(record, 1);
    const before = await ask(look, nowMs);
    await page.workers()[0].evaluate(kill);
    assert.deepEqual(await ask(look, nowMs), before);
    const { source, thread, problem } = await ask((recommender) => recommender.status);
    assert.deepEqual([source, thread, problem?.code], ['network', 'page', 'WORKER_STOPPED']);
    ids.push(...(await ask(record, 1)));
    await allStored(seen, ids);
    await until(async () => (await keys(page, 'events')).length === 0, 'the page hears of it');
    assert.equal(await metric('triqueta_events_missing'), 0);
  });
}

test('a worker goes on after an error that nobody caught', async (t) => {
  const { page, ask, open } = await site(t);
  await open('?worker');
  await page.workers()[0].evaluate(() => setTimeout(() => { throw new Error('one task failed'); }));
  await ask(record, 1);
  // Longer than it is waited for a sign of life.
  await new Promise((wait) => setTimeout(wait, 7_000));
  assert.equal((await ask((recommender) => recommender.status)).thread, 'worker');
});

test('a page that is itself held up does not take its worker for dead, not even one that just starts', async (t) => {
  const { context, page, ask, open } = await site(t);
  const holdUp = (milliseconds) => {
    const end = performance.now() + milliseconds;
    while (performance.now() < end);
  };
  await context.addInitScript(`addEventListener('DOMContentLoaded', () => (${holdUp})(8_000))`);
  const { thread } = await open('?worker');
  assert.equal(thread, 'worker');
  await page.evaluate(`globalThis.opening.then((recommender) => {
    globalThis.asked = recommender.recommend();
    (${holdUp})(12_000);
  })`);
  assert.equal(await ask(async (recommender) => (await globalThis.asked) && recommender.status.thread), 'worker');
});

test('closing ends the worker, and what was being recorded is stored', async (t) => {
  const { page, ask, open } = await site(t);
  await open('?worker');
  await ask(allow, 'device');
  await ask(async (recommender) => {
    const { items: [{ activity }] } = await recommender.recommend();
    const recording = recommender.record({ kind: 'favourite', activity: activity.id, action: 'added' });
    recommender.close();
    await recording;
  });
  await until(() => page.workers().length === 0, 'the worker ended');
  await open('');
  assert.equal((await ask((recommender) => recommender.knowledge())).interactions.length, 1);
});
