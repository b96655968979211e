import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FallbackRecommender } from '../dist/fallback.js';
import { NOW, activity } from './support.mjs';

const PROBLEM = { code: 'WASM_UNSUPPORTED', message: 'no WebAssembly' };
const plainList = (activities) => new FallbackRecommender(activities, PROBLEM, () => NOW);
const ids = (slate) => slate.items.map((item) => item.activity.id);

test('without a profile the list keeps its order, by popularity', async () => {
  const slate = await plainList([activity('b'), activity('a'), activity('c')]).recommend();
  assert.deepEqual(ids(slate), ['b', 'a', 'c']);
  assert.equal(slate.ranking, 'rule');
  assert.equal(slate.items[0].reason.code, 'POPULAR');
});

test('shared tags, locality and level move an activity up, and the parts add up to the score', async () => {
  const list = plainList([
    activity('popular'),
    activity('near', { locality: 'Santa Fe' }),
    activity('taste', { tags: ['jazz', 'cine'], level: 'bajo' }),
  ]);
  await list.setProfile({ tags: ['jazz', 'cine'], locality: 'Santa Fe', availability: [], level: 'bajo' });
  const slate = await list.recommend();
  assert.deepEqual(ids(slate), ['taste', 'near', 'popular']);
  assert.deepEqual(slate.items.map((item) => item.score), [23, 5, 0]);
  for (const item of slate.items) {
    assert.equal(item.contributions.reduce((sum, part) => sum + part.value, 0), item.score);
  }
  assert.match(slate.items[0].reason.text, /jazz, cine/);
});

test('tags count for at most 30 points', async () => {
  const tags = ['a', 'b', 'c', 'd', 'e'];
  const list = plainList([activity('all', { tags })]);
  await list.setProfile({ tags, availability: [] });
  assert.equal((await list.recommend()).items[0].score, 30);
});

test('each filter leaves out what it should', async () => {
  const list = plainList([
    activity('past', { startMs: NOW - 9e6, endMs: NOW - 1 }),
    activity('paid', { free: false, price: 20_000, tags: ['teatro'], lat: 4.7 }),
    activity('sport', { type: 'deporte', locality: 'Santa Fe', title: 'Ciclovía nocturna' }),
    activity('nowhere', { lat: null, lon: null, startMs: NOW + 9e9, endMs: null }),
  ]);
  const filtered = async (filters) => ids(await list.recommend({ filters }));
  assert.deepEqual(await filtered({}), ['paid', 'sport', 'nowhere']);
  assert.deepEqual(await filtered({ includePast: true }), ['past', 'paid', 'sport', 'nowhere']);
  assert.deepEqual(await filtered({ types: ['deporte'] }), ['sport']);
  assert.deepEqual(await filtered({ localities: ['Santa Fe'] }), ['sport']);
  assert.deepEqual(await filtered({ tags: ['teatro'] }), ['paid']);
  assert.deepEqual(await filtered({ free: true }), ['sport', 'nowhere']);
  assert.deepEqual(await filtered({ maxPrice: 10_000 }), ['sport', 'nowhere']);
  assert.deepEqual(await filtered({ fromMs: NOW + 8e9 }), ['nowhere']);
  assert.deepEqual(await filtered({ toMs: NOW + 8e9 }), ['paid', 'sport']);
  assert.deepEqual(await filtered({ within: { lat: 4.64, lon: -74.06, km: 2 } }), ['sport']);
  assert.deepEqual(await filtered({ exclude: ['paid', 'sport'] }), ['nowhere']);
  assert.deepEqual(await filtered({ onlyFavourites: true }), [], 'the plain list keeps no favourites');
  assert.deepEqual(await filtered({ query: 'ciclovia' }), ['sport'], 'accents do not matter in a search');
});

test('the total counts what passed, the limit what is shown', async () => {
  const slate = await plainList(Array.from({ length: 15 }, (_, n) => activity(`a${n}`))).recommend({ limit: 4 });
  assert.equal(slate.total, 15);
  assert.deepEqual(slate.items.map((item) => item.position), [0, 1, 2, 3]);
});

test('similar activities share type and tags, and never include the one asked about', async () => {
  const list = plainList([
    activity('one', { tags: ['jazz'] }),
    activity('far', { type: 'deporte' }),
    activity('kin', { tags: ['jazz'] }),
  ]);
  assert.deepEqual(ids(await list.similar('one')), ['kin', 'far']);
  assert.deepEqual(ids(await list.similar('unknown')), []);
});

test('an activity is promised as the engine promises it, and nothing for what is not on the list', async () => {
  const list = plainList([activity('a')]);
  const asked = list.activity('a');
  assert.ok(asked instanceof Promise);
  assert.equal((await asked)?.title, 'Actividad a');
  assert.equal(await list.activity('b'), null);
  assert.equal(list.status.thread, 'page');
});

test('it records and sends nothing, whatever the consent', async () => {
  const list = plainList([activity('a')]);
  await list.setConsent({ grade: 'upload' });
  assert.equal(await list.record({ kind: 'feedback', activity: 'a', opinion: 'like' }), null);
  const known = await list.knowledge();
  assert.deepEqual(known.interactions, []);
  assert.equal(known.deviceId, null);
  assert.equal((await list.flush()).sent, 0);
});

test("a minor's mode lowers the grade and the location opt-in", async () => {
  const consent = await plainList([]).setConsent({ grade: 'upload', location: true, minor: true });
  assert.deepEqual([consent.grade, consent.location, consent.minor], ['none', false, true]);
});

test('vocabularies come from the data, most frequent first', () => {
  const { types, tags } = plainList([
    activity('a', { tags: ['x'] }),
    activity('b', { tags: ['x', 'y'], type: 'ferias' }),
    activity('c', { type: 'ferias' }),
  ]).vocabulary();
  assert.deepEqual(types, [{ value: 'ferias', count: 2 }, { value: 'cultura', count: 1 }]);
  assert.deepEqual(tags, [{ value: 'x', count: 2 }, { value: 'y', count: 1 }]);
});

test('it has no newer bundle and no inputs to replay, and says so with a code', async () => {
  const list = plainList([activity('a')]);
  assert.equal(await list.sync(), false);
  await assert.rejects(list.trace(), { code: 'TRACE_UNAVAILABLE' });
});

test('it ranks for the moment it is asked about', async () => {
  const list = plainList([activity('a')]);
  const { items, nowMs } = await list.recommend({ nowMs: NOW + 48 * 3_600_000 });
  assert.deepEqual([items.length, nowMs], [0, NOW + 48 * 3_600_000], 'by then it is over');
});
