import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Tabs } from '../dist/tabs.js';

/** A page as far as it matters here. */
function page() {
  const [document, browser] = [new EventTarget(), new EventTarget()];
  document.visibilityState = 'visible';
  globalThis.document = document;
  globalThis.addEventListener = browser.addEventListener.bind(browser);
  globalThis.removeEventListener = browser.removeEventListener.bind(browser);
  return { document, browser };
}

const heard = () => new Promise((done) => setTimeout(done, 50));

test('what changes on one page is taken in by the others, and not by itself', async (t) => {
  page();
  const counts = [0, 0];
  const tabs = counts.map((_, n) => new Tabs(async () => { counts[n] += 1; }));
  t.after(() => tabs.forEach((tab) => tab.stop()));
  tabs[0].tell();
  await heard();
  assert.deepEqual(counts, [0, 1]);
});

test('a page that could not hear asks when it is shown again; one that ended does not', async () => {
  const { document, browser } = page();
  let asked = 0;
  const tabs = new Tabs(async () => { asked += 1; });
  document.visibilityState = 'hidden';
  document.dispatchEvent(new Event('visibilitychange'));
  assert.equal(asked, 0);
  document.visibilityState = 'visible';
  document.dispatchEvent(new Event('visibilitychange'));
  browser.dispatchEvent(new Event('pageshow'));
  assert.equal(asked, 2);
  tabs.stop();
  document.dispatchEvent(new Event('visibilitychange'));
  browser.dispatchEvent(new Event('pageshow'));
  assert.equal(asked, 2);
});

test('what cannot be read is said and stops nothing', async (t) => {
  const { document } = page();
  const warn = mock.method(console, 'warn', () => {});
  t.after(() => warn.mock.restore());
  const tabs = new Tabs(async () => { throw new Error('gone'); });
  t.after(() => tabs.stop());
  document.dispatchEvent(new Event('visibilitychange'));
  await heard();
  assert.equal(warn.mock.callCount(), 1);
});
