import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { DELIVERY_DELAY_MS, Delivery } from '../dist/delivery.js';

/** A page as far as delivery knows one. */
class Page extends EventTarget {
  visibilityState = 'visible';
}

const NOTHING = { sent: 0, acknowledged: 0, pending: 0, dropped: 0, retryInMs: null };
let page;
let flushes;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
  page = new Page();
  flushes = 0;
  globalThis.document = page;
  const listeners = new EventTarget();
  globalThis.addEventListener = listeners.addEventListener.bind(listeners);
  globalThis.removeEventListener = listeners.removeEventListener.bind(listeners);
  globalThis.dispatchEvent = listeners.dispatchEvent.bind(listeners);
});

const delivery = (report = NOTHING) =>
  new Delivery(async () => {
    flushes += 1;
    return report;
  });
const pass = async (ms) => {
  mock.timers.tick(ms);
  await Promise.resolve();
  await Promise.resolve();
};

test('what an earlier visit left is tried once, then nothing without cause', async () => {
  delivery();
  await pass(DELIVERY_DELAY_MS);
  await pass(10 * DELIVERY_DELAY_MS);
  assert.equal(flushes, 1);
});

test('many records make one try, and it is not put off by each of them', async () => {
  const sender = delivery();
  await pass(DELIVERY_DELAY_MS);
  for (let n = 0; n < 4; n += 1) {
    sender.recorded();
    await pass(DELIVERY_DELAY_MS / 4);
  }
  assert.equal(flushes, 2);
});

test('a failed try is repeated when it may be, and at once when the network returns', async () => {
  delivery({ ...NOTHING, pending: 3, retryInMs: 60_000 });
  await pass(DELIVERY_DELAY_MS);
  await pass(59_000);
  assert.equal(flushes, 1);
  await pass(1_000);
  assert.equal(flushes, 2);
  globalThis.dispatchEvent(new Event('online'));
  await pass(0);
  assert.equal(flushes, 3);
});

test('a page that is hidden sends at once; a stopped one never', async () => {
  const sender = delivery();
  page.visibilityState = 'hidden';
  page.dispatchEvent(new Event('visibilitychange'));
  await pass(0);
  assert.equal(flushes, 1);
  sender.stop();
  page.dispatchEvent(new Event('visibilitychange'));
  globalThis.dispatchEvent(new Event('online'));
  await pass(10 * DELIVERY_DELAY_MS);
  assert.equal(flushes, 1);
});
