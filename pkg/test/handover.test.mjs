import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FallbackRecommender } from '../dist/fallback.js';
import { handOver } from '../dist/handover.js';
import { Recommender } from '@triqueta/recommender';
import { engine, made, settled, useWorkers } from './remote-support.mjs';
import { serve } from './support.mjs';

const BROKEN = new Uint8Array([0x3c, 0x21, 0x64, 0x6f]);
const JAZZ = { tags: ['jazz'], availability: [], sinceMs: 1 };
const HERE = { lat: 4.6, lon: -74 };
const never = new Promise(() => {});

/** A recommender in a worker, and the engine that its page finds when the worker dies: one that `found` decided. */
async function dying(context, inWorker, found) {
  context.mock.method(console, 'warn', () => {});
  const origin = await serve(context, { '/fallback.json': { activities: [] } });
  useWorkers(context, async () => inWorker);
  const recommender = await Recommender.open({ channel: `${origin}/channel.json`, wasm: BROKEN, worker: true });
  for (const method of ['consent', 'profile', 'setConsent', 'setProfile']) {
    context.mock.method(FallbackRecommender.prototype, method, (...given) => found[method](...given));
  }
  return recommender;
}

/** An engine that keeps what it is told, as one with a database or without. */
function kept(consent, profile = { tags: [], availability: [] }, storage = 'indexeddb') {
  return {
    ...engine(), said: [],
    status: () => ({ source: 'network', bundle: 'first', variant: 'default', storage, unsaved: 0, problem: null }),
    consent: () => consent,
    profile: () => profile,
    async setConsent(choice) { this.said.push(choice); return (consent = { location: false, minor: false, ...choice, timeMs: 9 }); },
    async setProfile(told) { this.said.push(told); profile = told; },
  };
}

const consent = (grade, timeMs, more = {}) => ({ grade, location: false, minor: false, timeMs, ...more });

for (const [choice, found, outcome] of [
  [{ grade: 'upload' }, consent('device', 1), 'carried out'],
  [{ grade: 'upload' }, consent('none', 5), 'WORKER_STOPPED'],
  [{ grade: 'none' }, consent('upload', 5), 'carried out'],
  [{ grade: 'device', location: true }, consent('upload', 5), 'WORKER_STOPPED'],
  [{ grade: 'upload', minor: true }, consent('none', 5), 'carried out'],
  [{ grade: 'none' }, consent('none', 5, { minor: true }), 'WORKER_STOPPED'],
]) {
  const was = found.timeMs === 1 ? 'as before' : 'decided by another page since';
  test(`a worker died over ${JSON.stringify(choice)}; ${JSON.stringify(found)} is found, ${was}: ${outcome}`, async (context) => {
    const inWorker = { ...kept(consent('device', 1)), setConsent: () => never };
    const onPage = kept(found);
    const recommender = await dying(context, inWorker, onPage);
    const asked = recommender.setConsent(choice).then(() => 'carried out', ({ code }) => code);
    await settled();
    made.die();
    assert.equal(await asked, outcome);
    assert.deepEqual(onPage.said, outcome === 'carried out' ? [choice] : []);
  });
}

for (const [what, foundProfile, foundConsent, outcome] of [
  ['as before', JAZZ, consent('device', 1), 'carried out'],
  ['with another profile', { tags: ['rock'], availability: [] }, consent('device', 1), 'WORKER_STOPPED'],
  ['with another consent', JAZZ, consent('upload', 5), 'WORKER_STOPPED'],
]) {
  test(`a worker died over a profile; what is stored is found ${what}: ${outcome}`, async (context) => {
    const inWorker = { ...kept(consent('device', 1), JAZZ), setProfile: () => never };
    const recommender = await dying(context, inWorker, kept(foundConsent, foundProfile));
    const asked = recommender.setProfile({ tags: ['salsa'], availability: [] }).then(() => 'carried out', ({ code }) => code);
    await settled();
    made.die();
    assert.equal(await asked, outcome);
  });
}

test('a profile said for the visit alone goes on with it, and is not written over one that another page stored', async () => {
  const visit = kept(consent('none', null), JAZZ);
  const [other, none] = [kept(consent('device', 5)), kept(consent('none', null))];
  await handOver(visit, other);
  assert.deepEqual(other.said, []);
  await handOver(visit, none);
  assert.deepEqual(none.said, [JAZZ]);
});

test('a position, which is stored nowhere, goes on where the consent found allows it', async () => {
  const inWorker = kept(consent('device', 1, { location: true }), { ...JAZZ, location: HERE });
  const stored = { ...JAZZ, tags: ['rock'] };
  const [allowed, withdrawn] = [kept(consent('device', 1, { location: true }), stored), kept(consent('device', 5), stored)];
  await handOver(inWorker, allowed);
  assert.deepEqual(allowed.said, [{ ...stored, location: HERE }]);
  await handOver(inWorker, withdrawn);
  assert.deepEqual(withdrawn.said, []);
});

test('where memory alone kept it, consent and profile go on, unless something is stored after all', async () => {
  const inWorker = kept(consent('device', 1), JAZZ, 'memory');
  const [nothing, decided] = [kept(consent('none', null)), kept(consent('none', 5))];
  const found = await handOver(inWorker, nothing);
  assert.deepEqual(nothing.said, [{ grade: 'device', location: false, minor: false }, JAZZ]);
  assert.equal(found.isAsTold, true);
  assert.equal((await handOver(inWorker, decided)).isAsTold, false);
  assert.deepEqual(decided.said, []);
});

test('a listener that throws fails no question, waiting or not', async (context) => {
  const logged = context.mock.method(console, 'error', () => {});
  const recommender = await dying(context, engine({ flush: () => never }), kept(consent('none', null)));
  let heard = 0;
  recommender.onChange(() => { throw new Error("the page's own"); });
  recommender.onChange(() => { heard += 1; });
  const asked = recommender.flush();
  made.die();
  assert.equal((await asked).sent, 0);
  assert.equal(await recommender.sync(), false);
  assert.equal(heard, 3, 'going on, and both answers');
  assert.equal(logged.mock.callCount(), 3);
});
