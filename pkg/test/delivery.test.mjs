import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { Delivery } from '../dist/delivery.js';

/** A page as far as delivery knows one. */
class Page extends EventTarget {
  visibilityState = 'visible';
}

let page;
let flushes;
let leaves;

beforeEach(() => {
  page = new Page();
  flushes = 0;
  leaves = 0;
  globalThis.document = page;
  const browser = new EventTarget();
  globalThis.addEventListener = browser.addEventListener.bind(browser);
  globalThis.removeEventListener = browser.removeEventListener.bind(browser);
  globalThis.dispatchEvent = browser.dispatchEvent.bind(browser);
});

const flush = async () => {
  flushes += 1;
};
const leave = () => {
  leaves += 1;
};

test('the network coming back is a try; being hidden or left sends what is new, being shown again nothing', () => {
  new Delivery(flush, leave);
  assert.deepEqual([flushes, leaves], [0, 0]);
  globalThis.dispatchEvent(new Event('online'));
  assert.deepEqual([flushes, leaves], [1, 0]);
  page.visibilityState = 'hidden';
  page.dispatchEvent(new Event('visibilitychange'));
  assert.deepEqual([flushes, leaves], [1, 1]);
  page.visibilityState = 'visible';
  page.dispatchEvent(new Event('visibilitychange'));
  assert.deepEqual([flushes, leaves], [1, 1]);
  globalThis.dispatchEvent(new Event('pagehide'));
  assert.deepEqual([flushes, leaves], [1, 2]);
});

test('what is stored on a hidden page is sent at once, on a visible one with what follows', () => {
  const delivery = new Delivery(flush, leave);
  delivery.stored();
  assert.equal(leaves, 0);
  page.visibilityState = 'hidden';
  delivery.stored();
  assert.deepEqual([flushes, leaves], [0, 1]);
});

test('what is stored without a network is sent in the background once there is one', async (t) => {
  // Older versions of Node have no navigator of their own.
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  t.after(() => (before ? Object.defineProperty(globalThis, 'navigator', before) : delete globalThis.navigator));
  const tags = [];
  const withSync = (onLine, registration) => Object.defineProperty(globalThis, 'navigator', {
    value: { onLine, serviceWorker: { getRegistration: async () => registration } }, configurable: true,
  });
  const delivery = new Delivery(flush, leave);
  const store = async () => {
    delivery.stored();
    await new Promise((ready) => setImmediate(ready));
  };
  const sync = { register: async (tag) => { tags.push(tag); } };
  withSync(true, { sync });
  await store();
  assert.deepEqual(tags, []);
  withSync(false, { sync });
  await store();
  assert.deepEqual(tags, ['triqueta-outbox']);
  withSync(false, undefined);
  await store();
  withSync(false, { sync: { register: async () => { throw new Error('NotAllowedError'); } } });
  await store();
  assert.deepEqual(tags, ['triqueta-outbox'], 'nothing else happens');
});

test('a closed recommender does not try any more', () => {
  const delivery = new Delivery(flush, leave);
  delivery.stop();
  globalThis.dispatchEvent(new Event('online'));
  page.visibilityState = 'hidden';
  page.dispatchEvent(new Event('visibilitychange'));
  assert.equal(flushes, 0);
});

test('a failed try is said and goes no further', async (context) => {
  const warn = mock.method(console, 'warn', () => {});
  context.after(() => warn.mock.restore());
  new Delivery(async () => {
    throw new Error('no storage');
  }, leave);
  globalThis.dispatchEvent(new Event('online'));
  await new Promise((ready) => setImmediate(ready));
  assert.equal(warn.mock.callCount(), 1);
});
