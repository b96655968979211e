// What a browser keeps of its visitor, and for whom: queues that belong to an address, what is deleted deleted in every tab,
// a full disk, bounds that hold whoever may send, and the last that was read on a page that is closed.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { barePage } from './bare-page.mjs';
import { openContext } from './chromium.mjs';
import { account, copies, keys, read } from './kept.mjs';
import { server, temporaryFolder } from './program.mjs';
import { registry } from './registry.mjs';
import { until } from './wait.mjs';
import { witness } from './witness.mjs';

const BUNDLES = await registry();

/** The package on a server that is watched, and a browser. */
async function site(t, other) {
  const folder = await temporaryFolder(t);
  await barePage(join(folder, 'www'));
  const { port } = await server(t, '--bundles', BUNDLES, '--store', join(folder, 'events.sqlite'), '--www', join(folder, 'www'), '--port', '0');
  const seen = await witness(t, port, other);
  const { context } = await openContext(t);
  const metric = async (name) => {
    const text = await (await fetch(`${seen.origin}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  };
  /** A page, and what runs in it with its recommender; a function's text, because it travels. */
  const open = async (path = '/') => {
    const page = await context.newPage();
    await page.goto(seen.origin + path);
    const ask = (work, argument) => page.evaluate(`globalThis.opening.then((recommender) => (${work})(recommender, ${JSON.stringify(argument) ?? 'undefined'}))`);
    return { page, ask };
  };
  return { seen, context, metric, open };
}

const allow = (recommender, grade) => recommender.setConsent({ grade });
/** Likes the best that is none of these: where an activity stands depends on the hour, and a liked one may come again. */
const like = async (recommender, besides) => {
  const { items } = await recommender.recommend({ filters: { includePast: true } });
  const { id } = items.map(({ activity }) => activity).find((activity) => !besides.includes(activity.id));
  return [id, await recommender.record({ kind: 'feedback', activity: id, opinion: 'like' })];
};
const flush = (recommender) => recommender.flush();
const known = async (recommender) => {
  const { consent, profile, deviceId, interactions, outbox } = await recommender.knowledge();
  return { grade: consent.grade, tags: profile.tags, deviceId, interactions: interactions.map(({ activity }) => activity), outbox };
};

test('two pages that send to different addresses share what they learned, and neither name, queue nor consent to send', async (t) => {
  const elsewhere = await temporaryFolder(t);
  const second = await server(t, '--bundles', BUNDLES, '--store', join(elsewhere, 'events.sqlite'), '--port', '0');
  const there = await witness(t, second.port);
  const { seen, metric, open } = await site(t, new URL(there.origin).port);
  const here = await open();
  await here.ask(allow, 'upload');
  const other = await open('/?events=/other/v1/events');
  assert.equal((await other.ask(known)).grade, 'device', 'what one address may have, the other may not because of that');
  const [liked, unsent] = await other.ask(like, []);
  assert.equal(unsent, null);
  const [alsoLiked, sentHere] = await here.ask(like, [liked]);
  const { interactions } = await here.ask(known);
  assert.ok(interactions.includes(liked) && interactions.includes(alsoLiked), 'what was learned is shared');
  await other.ask(allow, 'upload');
  const [, sentThere] = await other.ask(like, [liked, alsoLiked]);
  await Promise.all([here.ask(flush), other.ask(flush)]);
  await until(() => seen.stored.has(sentHere) && there.stored.has(sentThere), 'both were told');
  const names = [(await here.ask(known)).deviceId, (await other.ask(known)).deviceId];
  assert.notEqual(names[0], names[1]);
  const heard = ({ batches }) => [...new Map(batches.flatMap(({ events }) => events.map(({ id, device }) => [id, device])))];
  assert.deepEqual(heard(seen), [[sentHere, names[0]]]);
  assert.deepEqual(heard(there), [[sentThere, names[1]]]);

  await other.ask(allow, 'none');
  await until(async () => !(await read(here.page, 'state', undefined)).some((key) => key.startsWith('withdrawal:')), 'both confirm the withdrawal');
  const left = async (origin) => Number(/^triqueta_store_events (\d+)$/m.exec(await (await fetch(`${origin}/metrics`)).text())?.[1]);
  assert.deepEqual([await metric('triqueta_store_events'), await left(there.origin)], [0, 0], 'each was told of its own');
  const after = await here.ask(known);
  assert.deepEqual([after.grade, after.deviceId, after.interactions], ['none', null, []]);
});

for (const [how, script] of [
  ['at once, where it hears of it', () => {}],
  ['with what happens next, where it does not', () => { delete globalThis.BroadcastChannel; }],
]) {
  test(`what is deleted on one tab is gone in another and not stored again, ${how}`, async (t) => {
    const { context, open } = await site(t);
    await context.addInitScript(script);
    const [first, second] = [await open(), await open()];
    await first.ask(allow, 'upload');
    await second.ask(allow, 'upload');
    await first.ask((recommender) => recommender.setProfile({ tags: ['jazz'], availability: [] }));
    const [liked] = await second.ask(like, []);
    const before = await second.ask(known);
    assert.deepEqual([before.tags, before.interactions], [['jazz'], [liked]]);

    await first.ask((recommender) => recommender.forget());
    if (how.startsWith('at once')) await until(async () => (await second.ask(known)).tags.length === 0, 'the other tab hears');
    const [next, id] = await second.ask(like, [liked]);
    const after = await second.ask(known);
    assert.deepEqual([after.tags, after.interactions], [[], [next]]);
    assert.notEqual(after.deviceId, before.deviceId);
    assert.equal(after.deviceId, (await first.ask(known)).deviceId);
    assert.notEqual(id, null);
    const stored = [await read(first.page, 'state', 'profile'), await read(first.page, 'state', 'history'), ...(await read(first.page, 'events', null))].join();
    assert.ok(!stored.includes('jazz') && !stored.includes(`"${liked}"`) && !stored.includes(before.deviceId), stored);
    await second.ask((recommender) => recommender.setProfile({ tags: ['teatro'], availability: [] }));
    assert.deepEqual((await second.ask(known)).interactions, [next]);
  });
}

const fill = () => {
  // As on a full disk: the browser gives the transaction up.
  const { put } = IDBObjectStore.prototype;
  globalThis.makeRoom = () => { IDBObjectStore.prototype.put = put; };
  IDBObjectStore.prototype.put = function full(...parameters) {
    const request = put.apply(this, parameters);
    this.transaction.abort();
    return request;
  };
};
const offline = () => Object.defineProperty(Navigator.prototype, 'onLine', { get: () => globalThis.name === 'online' });
const online = () => {
  globalThis.name = 'online';
  dispatchEvent(new Event('online'));
};

test('on a full disk what happens counts, waits in memory, says so, and is sent', async (t) => {
  const { seen, metric, open } = await site(t);
  const { page, ask } = await open();
  await ask(allow, 'upload');
  const [first] = await ask(like, []);
  await ask(flush);
  // Whatever was sending already would send what follows too, before it was counted.
  await until(async () => (await keys(page, 'events')).length === 0, 'the page has heard that the first was stored');
  await page.evaluate(offline);
  await page.evaluate(fill);
  const [second, lost] = await ask(like, [first]);
  const [third, alsoLost] = await ask(like, [first, second]);
  assert.ok(lost !== null && alsoLost !== null);
  const status = await ask((recommender) => recommender.status);
  assert.deepEqual([status.unsaved, status.problem.code], [2, 'STORAGE_FAILED']);
  const full = await ask(known);
  assert.deepEqual(full.interactions.toSorted(), [first, second, third].toSorted(), 'the one before counts still');
  assert.deepEqual(full.outbox, { pending: 2, unsaved: 2, acknowledged: 1, dropped: 0 });
  await page.evaluate(online);
  await ask(flush);
  await until(() => seen.stored.has(lost) && seen.stored.has(alsoLost), 'sent from memory');
  const heard = async () => (await ask(known)).outbox.pending === 0;
  await until(heard, 'the page has heard of it');
  assert.deepEqual((await ask(known)).outbox, { pending: 0, unsaved: 0, acknowledged: 3, dropped: 0 });
  await page.evaluate(() => globalThis.makeRoom());
  const [, last] = await ask(like, [first, second, third]);
  await ask(flush);
  await until(() => seen.stored.has(last), 'the next is sent as ever');
  await until(heard, 'the page has heard of that too');
  assert.deepEqual((await ask(known)).outbox, { pending: 0, unsaved: 0, acknowledged: 4, dropped: 0 });
  assert.equal((await ask((recommender) => recommender.status)).problem, null);
  const { sequence, acknowledged } = await account(page);
  assert.deepEqual([sequence, acknowledged, await metric('triqueta_events_missing')], [4, 4, 0]);
  assert.ok([...seen.stored.values()].every((times) => times === 1));
});

test('what waited in memory is stored once there is room, and sent by the next visit', async (t) => {
  const { seen, context, metric, open } = await site(t);
  const { page, ask } = await open();
  await ask(allow, 'upload');
  await context.addInitScript(offline);
  await page.reload();
  await page.evaluate(fill);
  const [liked, ids] = [[], []];
  while (ids.length < 3) {
    const [activity, id] = await ask(like, liked);
    liked.push(activity);
    ids.push(id);
  }
  assert.deepEqual(await keys(page, 'events'), []);
  await page.evaluate(() => globalThis.makeRoom());
  await ask(flush);
  assert.deepEqual(await keys(page, 'events'), ids);
  assert.deepEqual((await ask((recommender) => recommender.status)).unsaved, 0);
  await page.reload();
  await page.evaluate(online);
  await until(() => ids.every((id) => seen.stored.has(id)), 'all of them arrive');
  assert.equal(await metric('triqueta_store_events'), 3);
  assert.equal(await metric('triqueta_events_missing'), 0);
});

test('the queue keeps its bounds while nothing may be sent', async (t) => {
  const { seen, context, open } = await site(t);
  const { page, ask } = await open();
  await ask(allow, 'upload');
  await context.addInitScript(offline);
  await page.reload();
  const [, first] = await ask(like, []);
  await page.evaluate(copies, [first, 10_004]);
  await context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true }));
  await page.reload();
  assert.equal((await ask(known)).grade, 'device');
  await until(async () => (await keys(page, 'events')).length === 10_000, 'the oldest go');
  assert.equal((await account(page)).dropped, 5);
  await page.evaluate(online);
  await ask(flush);
  assert.deepEqual(seen.batches, []);
});

for (const [how, leave] of [
  ['left for another', async (page, origin) => { await page.goto(`${origin}/page.js`); }],
  ['closed', async (page) => { await page.close({ runBeforeUnload: true }); }],
]) {
  test(`what was read last on a page that is ${how} is stored`, async (t) => {
    const { seen, open } = await site(t);
    const { page, ask } = await open();
    await ask(allow, 'upload');
    await ask(flush);
    await page.evaluate(async () => {
      const { track } = await import('/recommender/tracking/index.js');
      const recommender = await globalThis.opening;
      const { items: [{ activity }] } = await recommender.recommend();
      track(recommender, document.body, { session: false }).detail(activity.id, document.body);
    });
    await page.waitForTimeout(300);
    await leave(page, seen.origin);
    const read = () => seen.batches.flatMap(({ events }) => events).filter(({ body }) => body.kind === 'detail_view');
    await until(() => read().length > 0, 'the reading arrives');
    const again = await open();
    await again.ask(flush);
    await until(async () => (await keys(again.page, 'events')).length === 0, 'nothing waits');
    assert.equal(new Set(read().map(({ id }) => id)).size, 1);
    assert.ok(read()[0].body.dwell_seconds > 0);
    assert.ok([...seen.stored.values()].every((times) => times === 1));
  });
}
