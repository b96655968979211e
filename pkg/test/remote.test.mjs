import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Recommender } from '@triqueta/recommender';
import { RemoteEngine } from '../dist/remote.js';
import { engine, made, put, settled, useWorkers } from './remote-support.mjs';
import { activity, serve } from './support.mjs';

const OPTIONS = { channel: 'https://agenda.example/bundles/channel.json' };
/** The page's own thread has no engine here: what goes on there is the plain list. */
const BROKEN = new Uint8Array([0x3c, 0x21, 0x64, 0x6f]);

const opened = (context, of) => {
  const questions = useWorkers(context, async () => of);
  return Recommender.open({ ...OPTIONS, worker: true }).then((recommender) => [recommender, questions]);
};

/** Where the page's own thread goes on: a list of one. */
async function openedBesideList(context, of) {
  context.mock.method(console, 'warn', () => {});
  const coming = activity('a', { startMs: Date.now() + 86_400_000, endMs: null });
  const origin = await serve(context, { '/fallback.json': { activities: [coming] } });
  useWorkers(context, async () => of);
  return Recommender.open({ channel: `${origin}/channel.json`, wasm: BROKEN, worker: true });
}

test('a worker is started by address, as a module, and what it answers is what the page gets', async (context) => {
  const [recommender] = await opened(context, engine());
  assert.match(made.url, /\/dist\/thread\.js$/);
  assert.deepEqual(made.options, { type: 'module' });
  assert.equal(recommender.status.thread, 'worker');
  assert.deepEqual(await recommender.recommend(), { items: ['from the worker'] });
  assert.deepEqual(await recommender.activity('a'), { id: 'a' });
  assert.equal(await recommender.activity('b'), null);
});

test('what is answered at once is as of the last answer, and nobody can change it from outside', async (context) => {
  const [recommender] = await opened(context, engine());
  assert.deepEqual(recommender.profile().tags, []);
  await recommender.setProfile({ tags: ['jazz'], availability: [] });
  assert.deepEqual(recommender.profile().tags, ['jazz']);
  recommender.profile().tags.push('rock');
  recommender.vocabulary().tags.pop();
  recommender.consent().grade = 'upload';
  assert.deepEqual(recommender.profile().tags, ['jazz']);
  assert.equal(recommender.vocabulary().tags.length, 1);
  assert.equal(recommender.consent().grade, 'none');
  assert.deepEqual(await recommender.setConsent({ grade: 'device' }), { grade: 'device' });
  assert.deepEqual(recommender.consent(), { grade: 'device' });
});

test('the vocabulary travels once a bundle', async (context) => {
  const inWorker = engine();
  const [recommender] = await opened(context, inWorker);
  await recommender.recommend();
  assert.equal(inWorker.counted, 1);
  assert.equal(recommender.vocabulary().tags[0].value, 'first');
  await recommender.sync();
  await recommender.recommend();
  assert.equal(inWorker.counted, 2);
  assert.equal(recommender.vocabulary().tags[0].value, 'second');
});

test('answers find their questions in whatever order they come, and errors keep their code', async (context) => {
  const slow = later();
  const [recommender] = await opened(context, engine({
    recommend: ({ limit }) => (limit === 1 ? slow.promise : { limit }),
    trace: () => { throw Object.assign(new Error('no such ranking'), { code: 'REQUEST_INVALID' }); },
  }));
  const first = recommender.recommend({ limit: 1 });
  assert.deepEqual(await recommender.recommend({ limit: 2 }), { limit: 2 });
  slow.resolve({ limit: 1 });
  assert.deepEqual(await first, { limit: 1 });
  await assert.rejects(recommender.trace(), { name: 'TriquetaError', code: 'REQUEST_INVALID', message: 'no such ranking' });
});

test('an engine that stopped answers with its error, and the page keeps what it knew', async (context) => {
  const trap = () => { throw new WebAssembly.RuntimeError('unreachable'); };
  const inWorker = engine();
  const [recommender] = await opened(context, inWorker);
  Object.assign(inWorker, { recommend: trap, status: trap });
  await assert.rejects(recommender.recommend(), { code: 'ENGINE_STOPPED' });
  assert.equal(recommender.status.bundle, 'first');
});

test('addresses are made absolute by the page, events as the engine does it, keys and module go along', async (context) => {
  put(context, 'document', Object.assign(new EventTarget(), { baseURI: 'https://agenda.example/city/', visibilityState: 'visible' }));
  put(context, 'location', { href: 'https://agenda.example/page/' });
  put(context, 'addEventListener', () => {});
  put(context, 'removeEventListener', () => {});
  let given = null;
  const questions = useWorkers(context, async (...all) => { given = all; return engine(); });
  const channelKeys = ['ab'.repeat(32)];
  const reactive = new Proxy(channelKeys, {});
  const recommender = await Recommender.open({
    channel: 'bundles/channel.json', events: 'v1/events?key=k', locale: 'en', storage: 'memory', channelKeys: reactive, wasm: 'own.wasm', worker: true,
  });
  recommender.close();
  const [options, doubt, wasm] = given;
  assert.deepEqual(options, {
    channel: 'https://agenda.example/city/bundles/channel.json', events: 'https://agenda.example/page/v1/events?key=k', locale: 'en', storage: 'memory',
  });
  assert.equal(wasm, 'https://agenda.example/city/own.wasm');
  assert.match(await doubt(new Uint8Array(1), ''), /no signature/);
  assert.deepEqual(questions.find(({ method }) => method === 'open').arguments[1], channelKeys);
});

test('a response holds the module for the worker, and for the page afterwards', async (context) => {
  let given = null;
  useWorkers(context, async (...all) => { given = all; return engine(); });
  const wasm = new Response(BROKEN);
  await Recommender.open({ ...OPTIONS, wasm, worker: true });
  assert.deepEqual(new Uint8Array(given[2]), BROKEN);
  assert.equal(wasm.bodyUsed, false);
});

test("the browser's signal against tracking goes with every question, and holds in the worker", async (context) => {
  const browser = {};
  put(context, 'navigator', browser);
  const [recommender, questions] = await opened(context, engine());
  assert.deepEqual(questions.map(({ signal }) => signal), [false, false, false]);
  assert.equal(browser.globalPrivacyControl, undefined);
  browser.doNotTrack = '1';
  await recommender.setConsent({ grade: 'upload' });
  assert.equal(questions.at(-1).signal, true);
  // Here page and worker have one navigator.
  assert.equal(browser.globalPrivacyControl, true);
});

test('what frameworks wrap objects in travels as the engine would have read it', async (context) => {
  let body = null;
  const [recommender] = await opened(context, engine({ record: async (got) => { body = got; return 'id'; } }));
  await recommender.record(new Proxy({ kind: 'impression', shown: new Proxy({ slot: 1 }, {}), more: undefined }, {}));
  assert.deepEqual(body, { kind: 'impression', shown: { slot: 1 } });
});

test('what JSON cannot say is refused with the code it has on the page', async (context) => {
  const [recommender] = await opened(context, engine());
  const cycle = {};
  cycle.filters = cycle;
  await assert.rejects(recommender.recommend(cycle), { name: 'TriquetaError', code: 'REQUEST_MALFORMED' });
  await assert.rejects(recommender.record({ kind: 'rating', activity: 'a', stars: 5n }), { code: 'REQUEST_MALFORMED' });
});

test('an answer that cannot be posted is an error, and so is a signal that cannot be set', async (context) => {
  const [recommender] = await opened(context, engine({ recommend: () => ({ items() {} }) }));
  await assert.rejects(recommender.recommend(), { name: 'TriquetaError', code: 'UNEXPECTED' });
  put(context, 'navigator', Object.freeze({ doNotTrack: '1' }));
  await assert.rejects(recommender.flush(), { code: 'UNEXPECTED', message: /globalPrivacyControl/ });
});

test('a response that was read already: the page opens, which may have its module from it', async (context) => {
  const warned = context.mock.method(console, 'warn', () => {});
  useWorkers(context, async () => engine());
  const wasm = new Response(BROKEN);
  await wasm.arrayBuffer();
  await assert.rejects(RemoteEngine.open(OPTIONS, undefined, wasm), { code: 'WORKER_UNAVAILABLE' });
  const origin = await serve(context, {});
  await Recommender.open({ channel: `${origin}/channel.json`, wasm, worker: true });
  assert.match(warned.mock.calls.at(-1).arguments[0], /WASM_UNAVAILABLE/, 'the page has tried its own module');
});

test('advice on workers is for where there are any', async (context) => {
  put(context, 'Worker', undefined);
  await assert.rejects(RemoteEngine.open(OPTIONS), ({ message }) => !message.includes('thread.js'));
  put(context, 'Worker', class { constructor() { throw new Error('refused'); } });
  await assert.rejects(RemoteEngine.open(OPTIONS), /thread\.js/);
});

test('an opening that is given up ends its worker, also where it is open by then', async (context) => {
  const opening = later();
  useWorkers(context, () => opening.promise);
  const whileOpening = new AbortController();
  const given = assert.rejects(Recommender.open({ ...OPTIONS, wasm: BROKEN, worker: true, signal: whileOpening.signal }), { code: 'ABORTED' });
  await settled();
  assert.equal(made.isAlive, true);
  whileOpening.abort();
  assert.equal(made.isAlive, false);
  await given;

  useWorkers(context, async () => engine());
  const { Worker } = globalThis;
  const once = new AbortController();
  put(context, 'Worker', class extends Worker {
    dispatchEvent(event) {
      const isOpen = event.data?.snapshot !== undefined;
      const heard = super.dispatchEvent(event);
      if (isOpen) once.abort();
      return heard;
    }
  });
  await assert.rejects(Recommender.open({ ...OPTIONS, wasm: BROKEN, worker: true, signal: once.signal }), { code: 'ABORTED' });
  assert.equal(made.isAlive, false);
});

for (const [why, prepare] of [
  ['there are no workers', (context) => put(context, 'Worker', undefined)],
  ['the browser refuses to make one', (context) => put(context, 'Worker', class { constructor() { throw new DOMException('no', 'SecurityError'); } })],
  ['its script does not load', (context) => {
    useWorkers(context, async () => engine());
    const { Worker } = globalThis;
    put(context, 'Worker', class extends Worker { postMessage() { setImmediate(() => this.fail('')); } });
  }],
  ['the module cannot travel', (context) => {
    useWorkers(context, async () => engine());
    const { Worker } = globalThis;
    put(context, 'Worker', class extends Worker {
      postMessage(question) {
        if (question.method === 'load') throw new DOMException('could not be cloned', 'DataCloneError');
        super.postMessage(question);
      }
    });
  }],
  ['the module does not run there', (context) => {
    useWorkers(context, async () => engine(), async () => { throw new WebAssembly.CompileError('expected magic word'); });
  }],
]) {
  test(`no worker, because ${why}: that is said with a code, and opening goes on on the page`, async (context) => {
    prepare(context);
    await assert.rejects(RemoteEngine.open(OPTIONS), { code: 'WORKER_UNAVAILABLE' });
    const warned = context.mock.method(console, 'warn', () => {});
    const origin = await serve(context, {});
    const recommender = await Recommender.open({ channel: `${origin}/channel.json`, wasm: BROKEN, worker: true });
    assert.match(warned.mock.calls[0].arguments[0], /WORKER_UNAVAILABLE/);
    assert.match(warned.mock.calls[1].arguments[0], /WASM_UNAVAILABLE/, 'the page has tried its own module');
    assert.equal(recommender.status.thread, 'page');
  });
}

test('a worker that says nothing is waited for a while, not for ever', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  useWorkers(context, async () => engine());
  const { Worker } = globalThis;
  put(context, 'Worker', class extends Worker { deliver() {} });
  const opening = RemoteEngine.open(OPTIONS);
  const failed = assert.rejects(opening, { code: 'WORKER_UNAVAILABLE' });
  context.mock.timers.tick(5_000);
  context.mock.timers.tick(1_000);
  await failed;
  assert.equal(made.isAlive, false);
});

test('a channel that cannot be used in the worker is not tried on the page again', async (context) => {
  const warned = context.mock.method(console, 'warn', () => {});
  useWorkers(context, async () => { throw Object.assign(new Error('the hash differs'), { code: 'BUNDLE_HASH' }); });
  const origin = await serve(context, {});
  await Recommender.open({ channel: `${origin}/channel.json`, wasm: BROKEN, worker: true });
  assert.equal(warned.mock.callCount(), 1);
  assert.match(warned.mock.calls[0].arguments[0], /BUNDLE_HASH/);
  assert.equal(made.isAlive, false);
});

test('a worker that dies: questions are answered on the page, a record that nobody knows of is rejected', async (context) => {
  const never = new Promise(() => {});
  const recommender = await openedBesideList(context, engine({ recommend: () => never, record: () => never }));
  await recommender.setProfile({ tags: ['jazz'], availability: [] });
  let heard = 0;
  recommender.onChange(() => { heard += 1; });
  const asked = recommender.recommend();
  const recorded = assert.rejects(recommender.record({ kind: 'impression', shown: {} }), { code: 'WORKER_STOPPED' });
  made.die();
  assert.deepEqual(recommender.profile().tags, ['jazz'], 'meanwhile the last answer holds');
  await recorded;
  assert.deepEqual((await asked).items.map((item) => item.activity.id), ['a']);
  assert.equal(recommender.status.thread, 'page');
  assert.equal(heard, 1, 'listeners look again');
  assert.deepEqual(recommender.profile().tags, ['jazz'], 'said for this visit alone, and not lost');
  assert.equal((await recommender.recommend()).items.length, 1);
  assert.equal(made.isAlive, false);
});

test('a silent worker is asked for a sign of life: busy it goes on, dead it is given up', async (context) => {
  const slow = later();
  const recommender = await openedBesideList(context, engine({ recommend: () => slow.promise }));
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const asked = recommender.recommend();
  for (let time = 0; time < 5; time += 1) {
    context.mock.timers.tick(10_000);
    await settled();
  }
  assert.equal(made.isAlive, true, 'it answers, the list does not come yet');
  made.deliver = () => {};
  context.mock.timers.tick(10_000);
  context.mock.timers.tick(10_000);
  assert.equal(made.isAlive, true, 'the page itself may have been held up');
  context.mock.timers.tick(1_000);
  assert.equal(made.isAlive, false);
  context.mock.timers.reset();
  assert.equal((await asked).items.length, 1, 'the page goes on');
});

test('an answer that a page which was held up hears late is no silence', async (context) => {
  const recommender = await openedBesideList(context, engine());
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const held = [];
  const { deliver } = made;
  made.deliver = (...message) => held.push(message);
  const asked = recommender.recommend();
  context.mock.timers.tick(10_000);
  context.mock.timers.tick(10_000);
  made.deliver = deliver;
  for (const message of held) made.deliver(...message);
  await settled();
  context.mock.timers.tick(1_000);
  assert.deepEqual((await asked).items, ['from the worker']);
  assert.equal(made.isAlive, true);
});

test('an error nobody caught in a worker is asked about: it goes on, or it is dead and the error is the reason', async (context) => {
  const recommender = await openedBesideList(context, engine());
  context.mock.timers.enable({ apis: ['setTimeout'] });
  made.fail('one task failed');
  await settled();
  context.mock.timers.tick(5_000);
  context.mock.timers.tick(1_000);
  assert.deepEqual((await recommender.recommend()).items, ['from the worker']);
  made.deliver = () => {};
  made.fail('out of memory', 'https://agenda.example/thread.js', 7);
  context.mock.timers.tick(5_000);
  context.mock.timers.tick(1_000);
  assert.equal(made.isAlive, false);
  context.mock.timers.reset();
  assert.equal((await recommender.recommend()).items.length, 1);
  assert.match(console.warn.mock.calls[0].arguments[0], /WORKER_STOPPED.*out of memory at https:\/\/agenda\.example\/thread\.js:7/);
});

test('closing does not wait for ever', async (context) => {
  const [recommender] = await opened(context, engine({ record: () => new Promise(() => {}) }));
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const recorded = assert.rejects(recommender.record({ kind: 'impression', shown: {} }), { code: 'WORKER_STOPPED' });
  recommender.close();
  for (let time = 0; time < 3; time += 1) {
    await settled();
    context.mock.timers.tick(10_000);
  }
  assert.equal(made.isAlive, false);
  await recorded;
});

test('closing ends the worker once what is under way is done', async (context) => {
  const storing = later();
  let closed = false;
  const [recommender] = await opened(context, engine({ record: () => storing.promise, close: () => { closed = true; } }));
  const recorded = recommender.record({ kind: 'impression', shown: {} });
  recommender.close();
  await settled();
  assert.deepEqual([made.isAlive, closed], [true, false]);
  storing.resolve('an id');
  assert.equal(await recorded, 'an id');
  await settled();
  assert.deepEqual([made.isAlive, closed], [false, true]);
});

/** A promise, and what settles it. */
function later() {
  let resolve;
  const promise = new Promise((settle) => { resolve = settle; });
  return { promise, resolve };
}
