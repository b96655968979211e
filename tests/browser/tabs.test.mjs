// Two pages of one visitor: what one decides holds in the other, and what one does is not undone by the other.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { barePage } from './bare-page.mjs';
import { openContext } from './chromium.mjs';
import { server, temporaryFolder } from './program.mjs';
import { registry } from './registry.mjs';

/** Two pages of one browser on one server. */
async function two(t) {
  const folder = await temporaryFolder(t);
  await barePage(join(folder, 'www'));
  const { port } = await server(t, '--bundles', await registry(), '--store', join(folder, 'events.sqlite'), '--www', join(folder, 'www'), '--port', '0');
  const { context } = await openContext(t);
  const pages = [await context.newPage(), await context.newPage()];
  for (const page of pages) await page.goto(`http://127.0.0.1:${port}`);
  /** Runs in a page with its recommender; a function's text, because it travels. */
  return pages.map((page) => (work, argument) => page.evaluate(`globalThis.opening.then((recommender) => (${work})(recommender, ${JSON.stringify(argument) ?? 'undefined'}))`));
}

/** Likes the best that is none of these: where an activity stands depends on the hour, and a liked one may come again. */
const like = async (recommender, besides) => {
  const { items } = await recommender.recommend({ filters: { includePast: true } });
  const { id } = items.map(({ activity }) => activity).find((activity) => !besides.includes(activity.id));
  return [id, await recommender.record({ kind: 'feedback', activity: id, opinion: 'like' })];
};
const allow = (recommender, grade) => recommender.setConsent({ grade });
const known = async (recommender) => {
  const { consent, deviceId, interactions, outbox } = await recommender.knowledge();
  return { grade: consent.grade, deviceId, interactions: interactions.map(({ activity }) => activity), pending: outbox.pending };
};
const stored = () => new Promise((resolve) => {
  const opening = indexedDB.open('triqueta');
  opening.onsuccess = () => {
    const read = opening.result.transaction(['state', 'events']);
    const [keys, events] = [read.objectStore('state').getAllKeys(), read.objectStore('events').count()];
    read.oncomplete = () => resolve({ keys: keys.result, events: events.result });
  };
});

test('a withdrawal on one page holds on the other, which then keeps and sends nothing', async (t) => {
  const [first, second] = await two(t);
  await first(allow, 'upload');
  await second(allow, 'upload');
  const [, sent] = await second(like, []);
  assert.notEqual(sent, null);
  await first(allow, 'none');
  const [, kept] = await second(like, []);
  assert.equal(kept, null, 'what happens after the withdrawal has no id, because it is not sent');
  const after = await second(known);
  assert.equal(after.grade, 'none');
  assert.equal(after.deviceId, null);
  const { keys, events } = await second(stored);
  assert.equal(events, 0);
  for (const key of ['history', 'profile', 'devices']) assert.ok(!keys.includes(key), `${key} is gone`);
});

test('two pages give one device its name, and neither loses what the other learned', async (t) => {
  const [first, second] = await two(t);
  await first(allow, 'upload');
  await second(allow, 'upload');
  assert.equal((await first(known)).deviceId, (await second(known)).deviceId);
  const [liked] = await second(like, []);
  await first((recommender) => recommender.setProfile({ tags: [], availability: [] }));
  const [alsoLiked] = await first(like, [liked]);
  const { interactions } = await first(known);
  assert.ok(interactions.includes(liked) && interactions.includes(alsoLiked));
});

test('what is forgotten before it was sent is never sent', async (t) => {
  const [first] = await two(t);
  await first(allow, 'upload');
  await first(() => { Object.defineProperty(navigator, 'onLine', { get: () => false }); });
  const [liked] = await first(like, []);
  await first(like, [liked]);
  const before = await first(stored);
  await first((recommender, id) => recommender.forget(id), liked);
  const after = await first(stored);
  assert.equal(before.events - after.events, 1);
  assert.ok(!(await first(known)).interactions.includes(liked));
});
