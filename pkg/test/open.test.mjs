import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Recommender, TriquetaError } from '@triqueta/recommender';
import { NOW, activity, serve } from './support.mjs';

const BROKEN = new Uint8Array([0x3c, 0x21, 0x64, 0x6f]);

test('importing touches nothing of a browser', async () => {
  assert.equal(typeof globalThis.document, 'undefined');
  await import('../dist/index.js');
  await import('../dist/ranking/index.js');
});

test('a module that is no wasm ends in the plain list, with the reason', async (context) => {
  context.mock.method(console, 'warn', () => {});
  const origin = await serve(context, { '/bundles/fallback.json': { generated_ms: NOW, activities: [later('a')] } });
  const recommender = await Recommender.open({ channel: `${origin}/bundles/channel.json`, wasm: BROKEN });
  assert.equal(recommender.status.source, 'fallback');
  assert.equal(recommender.status.problem?.code, 'WASM_UNAVAILABLE');
  assert.equal((await recommender.recommend()).items.length, 1);
});

test('an engine without vector instructions gets the module that needs none', async (context) => {
  const asked = [];
  context.mock.method(globalThis, 'fetch', async (url) => {
    asked.push(String(url).split('/').at(-1));
    throw new TypeError('offline');
  });
  for (const hasSimd of [true, false]) {
    context.mock.method(WebAssembly, 'validate', () => hasSimd);
    const { init } = await import(`../dist/wasm.js?simd=${hasSimd}`);
    await assert.rejects(init(), { code: 'WASM_UNAVAILABLE' });
    const { loadRanking } = await import(`../dist/ranking/engine.js?simd=${hasSimd}`);
    await assert.rejects(loadRanking(), { code: 'WASM_UNAVAILABLE' });
  }
  assert.deepEqual(asked, ['triqueta_bg.wasm', 'ranking_bg.wasm', 'triqueta_scalar_bg.wasm', 'ranking_scalar_bg.wasm']);
});

test('when even the plain list is missing the page still opens and says so', async (context) => {
  context.mock.method(console, 'warn', () => {});
  const origin = await serve(context, {});
  const recommender = await Recommender.open({ channel: `${origin}/bundles/channel.json`, wasm: BROKEN });
  assert.equal(recommender.status.problem?.code, 'FALLBACK_UNAVAILABLE');
  assert.match(recommender.status.problem.message, /404/);
  assert.deepEqual((await recommender.recommend()).items, []);
});

test('entries of the plain list that are no activities are passed over', async (context) => {
  context.mock.method(console, 'warn', () => {});
  const activities = [null, 7, { id: 'half' }, later('whole')];
  const origin = await serve(context, { '/list.json': { activities } });
  const recommender = await Recommender.open({
    channel: `${origin}/bundles/channel.json`, fallback: `${origin}/list.json`, wasm: BROKEN,
  });
  assert.deepEqual((await recommender.recommend()).items.map((item) => item.activity.id), ['whole']);
});

test('changes are told to listeners until they stop listening', async (context) => {
  const recommender = await opened(context);
  let heard = 0;
  const stop = recommender.onChange(() => { heard += 1; });
  await recommender.setProfile({ tags: ['jazz'], availability: [] });
  await recommender.setConsent({ grade: 'device' });
  stop();
  await recommender.forget();
  assert.equal(heard, 2);
});

test('an abort while the plain list comes rejects too', async (context) => {
  context.mock.method(console, 'warn', () => {});
  const controller = new AbortController();
  context.mock.method(globalThis, 'fetch', async () => {
    controller.abort();
    return Response.json({ activities: [] });
  });
  const opening = Recommender.open({ channel: 'https://agenda.example/channel.json', wasm: BROKEN, signal: controller.signal });
  await assert.rejects(opening, { code: 'ABORTED' });
});

test('missing options, an abort and use after close are errors with a code', async (context) => {
  await assert.rejects(Recommender.open({}), { name: 'TriquetaError', code: 'OPTIONS_INVALID' });
  for (const channelKeys of [[], ['key'], ['ab'.repeat(32), 'ab'.repeat(31)]]) {
    await assert.rejects(Recommender.open({ channel: 'http://127.0.0.1:9/c.json', channelKeys }), { code: 'OPTIONS_INVALID' });
  }
  await assert.rejects(Recommender.open({ channel: 'http://127.0.0.1:9/c.json', signal: AbortSignal.abort() }), {
    code: 'ABORTED',
  });
  const recommender = await opened(context);
  recommender.close();
  recommender.close();
  await assert.rejects(recommender.recommend(), (error) => error instanceof TriquetaError && error.code === 'CLOSED');
  assert.throws(() => recommender.consent(), { code: 'CLOSED' });
});

async function opened(context) {
  context.mock.method(console, 'warn', () => {});
  const origin = await serve(context, { '/fallback.json': { activities: [later('a')] } });
  return Recommender.open({ channel: `${origin}/channel.json`, wasm: BROKEN });
}

function later(id) {
  return activity(id, { startMs: Date.now() + 86_400_000, endMs: null });
}
