import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Ranker, TriquetaError } from '@triqueta/recommender/ranking';
import { goldenBundle } from './golden.mjs';

const MODULES = new URL('../dist/wasm/', import.meta.url);
const skip = existsSync(new URL('ranking_bg.wasm', MODULES)) ? false : 'dist/wasm is not built: run ./build.sh pkg';
const FORMS = ['ranking_bg.wasm', 'ranking_scalar_bg.wasm'];

/** Visitors and requests that the bundle itself is tested by. */
const cases = ({ id, files }) => JSON.parse(new TextDecoder().decode(files.get(`manifests/${id}.json`))).self_test;

const opened = async (options = {}, { id, files } = goldenBundle()) =>
  Ranker.open({ bundle: id, read: async (path) => files.get(path), ...options });

/** The engine in a form of the generated module, beside any other. */
async function engineOf(wasm) {
  const { default: init, PlainEngine } = await import(new URL(`ranking.js?${wasm}`, MODULES));
  await init({ module_or_path: readFileSync(new URL(wasm, MODULES)) });
  const { id, files } = goldenBundle();
  return PlainEngine.open(id, [...files], false);
}

const bits = (numbers) => [...new Uint32Array(Float32Array.from(numbers).buffer)];

test('a list is the same as JSON and in typed arrays, and its activities are known', { skip }, async () => {
  const ranker = await opened();
  for (const { profile, history, request } of cases(goldenBundle())) {
    ranker.setVisitor({ profile, history });
    const { items } = ranker.recommend({ ...request, limit: 10 });
    const [rows, scores] = [new Uint32Array(10), new Float32Array(12)];
    const count = ranker.rank(rows, scores, request);
    assert.equal(count, items.length);
    assert.deepEqual([...rows.subarray(0, count)].map((row) => ranker.activity(row)), items.map((item) => item.activity));
    assert.deepEqual(bits(scores.subarray(0, count)), bits(items.map((item) => item.score)));
    for (const { activity, reason } of items) {
      assert.ok(reason.text);
      assert.equal(ranker.card(activity)?.id, activity);
    }
  }
  assert.deepEqual([ranker.rows, ranker.activity(ranker.rows), ranker.card('nobody')], [40, null, null]);
});

// And as the whole one: to the lists that this bundle's training made of its cases, which opening it compares, tests/wasm_slates.rs
// holds that.
test('both of its forms rank alike, to the last bit', { skip }, async () => {
  const [simd, scalar] = await Promise.all(FORMS.map(engineOf));
  const found = (engine, { profile, history, request }) => {
    const asked = JSON.stringify(request);
    engine.setVisitor(JSON.stringify(profile), history);
    const slate = engine.recommend(asked);
    const activity = JSON.parse(slate).items[0]?.activity;
    if (activity) engine.observe(request.nowMs, JSON.stringify({ kind: 'favourite', activity, action: 'added' }));
    const [rows, scores] = [new Uint32Array(20), new Float32Array(20)];
    engine.rank(asked, rows, scores);
    return { slate, rows: [...rows], scores: bits(scores), history: engine.history() };
  };
  for (const one of cases(goldenBundle())) {
    assert.deepEqual(found(scalar, one), found(simd, one));
  }
});

test('what a visitor does counts at once, and again with the history that was kept', { skip }, async () => {
  const [ranker, next] = [await opened(), await opened()];
  const [{ profile, request }] = cases(goldenBundle());
  ranker.setVisitor({ profile });
  const [first] = ranker.recommend(request).items;
  ranker.observe({ kind: 'feedback', activity: first.activity, opinion: 'dislike' }, request.nowMs);
  const learned = ranker.recommend(request);
  assert.ok(!learned.items.some(({ activity }) => activity === first.activity));
  next.setVisitor({ profile, history: ranker.history() });
  assert.deepEqual(next.recommend(request), learned);
  next.forget(first.activity);
  assert.equal(next.recommend(request).items[0].activity, first.activity);
});

test('what a request leaves open is completed', { skip }, async (context) => {
  const ranker = await opened();
  const [{ request }] = cases(goldenBundle());
  context.mock.method(Date, 'now', () => request.nowMs);
  const slate = ranker.recommend({ limit: 3, nowMs: undefined });
  assert.equal(slate.nowMs, request.nowMs);
  assert.ok(slate.items.length === 3 && slate.seed > 0);
  assert.deepEqual(ranker.recommend({ limit: 3 }), slate, 'also what is explored');
});

test('a damaged bundle is refused, with the reason', { skip }, async (context) => {
  const damaged = (damage) => {
    const { id, files } = goldenBundle();
    const [manifest, file] = [...files.keys()];
    damage(files, file, manifest);
    return opened({}, { id, files });
  };
  const bitFlipped = (files, file) => { files.get(file)[100] ^= 1; };
  const cut = (files, file) => { files.set(file, files.get(file).subarray(1)); };
  await assert.rejects(damaged(bitFlipped), { name: 'TriquetaError', code: 'BUNDLE_HASH' });
  await assert.rejects(damaged(cut), { code: 'BUNDLE_LENGTH' });
  await assert.rejects(damaged((files, file, manifest) => bitFlipped(files, manifest)), { code: 'BUNDLE_HASH' });
  await assert.rejects(damaged((files, file, manifest) => files.set(manifest, new Uint8Array())), { code: 'BUNDLE_HASH' });
  await assert.rejects(damaged((files, file) => files.delete(file)), { code: 'OPTIONS_INVALID' });
  context.mock.getter(globalThis, 'crypto', () => undefined);
  await assert.rejects(damaged(bitFlipped), { code: 'BUNDLE_HASH' }, 'also where the platform does not hash');
  assert.equal((await opened()).rows, 40);
});

test('no path outside of the bundles is ever asked for', { skip }, async (context) => {
  const { id, files } = goldenBundle();
  const path = `manifests/${id}.json`;
  const manifest = JSON.parse(new TextDecoder().decode(files.get(path)));
  manifest.files[0].path = '../secret';
  manifest.files[1].path = '/etc/secret';
  const forged = new TextEncoder().encode(JSON.stringify(manifest));
  const asked = [];
  const read = async (wanted) => {
    asked.push(wanted);
    return wanted === path ? forged : files.get(wanted);
  };
  await assert.rejects(opened({ read }), { code: 'BUNDLE_HASH' });
  assert.deepEqual(asked, [path], 'a manifest that is not the one asked for names nothing');
  context.mock.getter(globalThis, 'crypto', () => undefined);
  await assert.rejects(opened({ read }), { code: 'BUNDLE_HASH' });
  assert.ok(asked.length > 2 && !asked.some((wanted) => wanted.includes('secret')), 'also where the platform does not hash');
  await assert.rejects(opened({ bundle: '../secret' }), { code: 'OPTIONS_INVALID' });
});

test('what was verified before is not verified again, and opens as it did', { skip }, async (context) => {
  const [{ profile, history, request }] = cases(goldenBundle());
  const list = (ranker) => {
    ranker.setVisitor({ profile, history });
    return ranker.recommend(request);
  };
  const first = list(await opened());
  context.mock.method(crypto.subtle, 'digest', () => assert.fail('nothing is hashed'));
  assert.deepEqual(list(await opened({ verified: true })), first);
});

test('errors have a code, and cost nothing but the call', { skip }, async () => {
  for (const options of [undefined, {}, { bundle: 'a' }]) {
    await assert.rejects(Ranker.open(options), (error) => error instanceof TriquetaError);
  }
  await assert.rejects(opened({ read: async () => { throw new TypeError('offline'); } }), { code: 'UNEXPECTED', message: 'offline' });
  const ranker = await opened();
  assert.ok(ranker instanceof Ranker);
  const [{ profile, history, request }] = cases(goldenBundle());
  ranker.setVisitor({ profile, history });
  const before = ranker.recommend(request);
  const [activity] = before.items.map((item) => item.activity);
  for (const [code, ask] of Object.entries({
    HISTORY_MALFORMED: () => ranker.setVisitor({ history: '{"v":1}' }),
    HISTORY_VERSION: () => ranker.setVisitor({ history: '{"v":99}' }),
    REQUEST_MALFORMED: () => ranker.setVisitor({ profile: { interests: [] } }),
    REQUEST_OUT_OF_RANGE: () => ranker.recommend({ limit: 201 }),
    EVENT_OUT_OF_RANGE: () => ranker.observe({ kind: 'rating', activity, stars: 77 }),
  })) assert.throws(ask, { name: 'TriquetaError', code });
  assert.throws(() => ranker.rank(new Uint32Array(0), new Float32Array(3)), { code: 'REQUEST_OUT_OF_RANGE' });
  assert.throws(() => ranker.observe({ kind: 'telepathy' }), { code: 'REQUEST_MALFORMED' });
  assert.deepEqual(ranker.recommend(request), before);
  ranker.close();
  ranker.close();
  assert.throws(() => ranker.history(), { code: 'CLOSED' });
});
