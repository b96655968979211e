import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { deviceType, Reading, Searches, track, Views } from '../dist/tracking/index.js';

/** As much of an element as tracking touches. */
class Element extends EventTarget {
  attributes = {};
  children = [];
  parent = null;
  scrollTop = 0;
  clientHeight = 100;
  scrollHeight = 400;

  constructor(name, attributes = {}, ...children) {
    super();
    Object.assign(this, { name, attributes, children });
    for (const child of children) child.parent = this;
  }

  getAttribute(name) {
    return this.attributes[name] ?? null;
  }

  matches(selector) {
    const [, name, attribute] = /^(\w*)\[([\w-]+)\]$/.exec(selector);
    return (!name || this.name === name) && attribute in this.attributes;
  }

  closest(selector) {
    return this.matches(selector) ? this : this.parent?.closest(selector) ?? null;
  }

  querySelectorAll(selector) {
    return this.children.flatMap((child) => [...(child.matches(selector) ? [child] : []), ...child.querySelectorAll(selector)]);
  }

  /** A press that bubbles. */
  press(target = this) {
    const event = new Event('click');
    Object.defineProperty(event, 'target', { value: target });
    this.dispatchEvent(event);
    this.parent?.press(target);
  }
}

class Observer {
  static last = null;
  watched = new Set();
  constructor(report) {
    this.report = report;
    Observer.last = this;
  }
  observe(element) { this.watched.add(element); }
  unobserve(element) { this.watched.delete(element); }
  disconnect() { this.watched.clear(); }
  /** So much of an element is visible now. */
  see(target, share, height = 100) {
    if (!this.watched.has(target)) return;
    this.report([{ target, isIntersecting: share > 0, intersectionRatio: share, intersectionRect: { height: share * height }, rootBounds: { height: 600 } }]);
  }
}

/** As browsers do and Node does not: at a target, too, those who listen in the capturing phase come first. */
class Target extends EventTarget {
  #first = new EventTarget();

  addEventListener(type, listener, options) {
    if (options?.capture) this.#first.addEventListener(type, listener);
    else super.addEventListener(type, listener, options);
  }

  removeEventListener(type, listener, options) {
    this.#first.removeEventListener(type, listener);
    super.removeEventListener(type, listener, options);
  }

  dispatchEvent(event) {
    this.#first.dispatchEvent(new Event(event.type));
    return super.dispatchEvent(event);
  }
}

let noted;
let browser;
const note = (body) => noted.push(body);
const kinds = () => noted.map(({ kind }) => kind);

beforeEach(() => {
  noted = [];
  browser = new Target();
  const page = new Target();
  page.hidden = false;
  page.documentElement = { lang: 'en' };
  Object.assign(globalThis, {
    document: page,
    IntersectionObserver: Observer,
    location: new URL('https://here.example/agenda'),
    matchMedia: () => ({ matches: true }),
    screen: { width: 390, height: 844 },
    addEventListener: browser.addEventListener.bind(browser),
    removeEventListener: browser.removeEventListener.bind(browser),
  });
  // Newer versions of Node have a navigator of their own.
  Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'Mozilla/5.0 Firefox/140.0' }, configurable: true });
  mock.timers.enable({ apis: ['setTimeout'] });
  mock.method(performance, 'now', () => 0);
});

/** Time passes. */
const pass = (ms) => {
  const now = performance.now() + ms;
  performance.now.mock.mockImplementation(() => now);
  mock.timers.tick(ms);
};

const hide = (hidden) => {
  document.hidden = hidden;
  document.dispatchEvent(new Event('visibilitychange'));
};

const slateOf = (id, ...activities) => ({ id, items: activities.map((activity, position) => ({ activity: { id: activity }, shown: { activity, slate: id, position } })) });

const restore = () => {
  mock.timers.reset();
  mock.restoreAll();
};

test('every card on the page is an impression, once a list, however often it is drawn', (t) => {
  t.after(restore);
  const views = new Views(note);
  const cards = [new Element('li'), new Element('li'), null];
  views.show(slateOf('s1', 'a', 'b', 'c'), cards);
  views.show(slateOf('s1', 'b', 'a', 'c'), [cards[1], cards[0], null]);
  assert.deepEqual(noted.map(({ kind, shown }) => [kind, shown.activity]), [['impression', 'a'], ['impression', 'b']]);
  views.show(slateOf('s2', 'a'), [cards[0]]);
  assert.equal(noted.length, 3);
});

test('a card is viewed after half of it stood on a visible page for a second, once', (t) => {
  t.after(restore);
  const views = new Views(note);
  const [card, tall] = [new Element('li'), new Element('li')];
  views.show(slateOf('s1', 'a', 'b'), [card, tall]);
  noted = [];
  const { last } = Observer;
  last.see(card, 0.49);
  pass(5_000);
  assert.deepEqual(noted, [], 'less than half');
  last.see(card, 0.5);
  pass(999);
  last.see(card, 0.2);
  pass(5_000);
  assert.deepEqual(noted, [], 'less than a second');
  last.see(card, 0.8);
  pass(900);
  hide(true);
  pass(5_000);
  assert.deepEqual(noted, [], 'the page was hidden');
  hide(false);
  last.see(card, 0.8);
  pass(1_000);
  assert.deepEqual(noted.map(({ kind, shown }) => [kind, shown.activity]), [['viewed', 'a']]);
  last.see(tall, 0.2, 2_000);
  pass(1_000);
  assert.equal(noted.at(-1).shown.activity, 'b', 'it fills half of the screen');
  last.see(card, 1);
  pass(2_000);
  assert.equal(noted.length, 2);
  views.stop();
  assert.equal(last.watched.size, 0);
});

test('reading time stops while the page is hidden; depth is the deepest point', (t) => {
  t.after(restore);
  const scroller = new Element('div');
  const reading = new Reading(scroller);
  pass(3_000);
  hide(true);
  pass(60_000);
  hide(false);
  pass(1_500);
  scroller.scrollTop = 200;
  scroller.dispatchEvent(new Event('scroll'));
  scroller.scrollTop = 0;
  scroller.dispatchEvent(new Event('scroll'));
  assert.deepEqual(reading.finish(), { dwell_seconds: 4.5, scroll_depth: 0.75, external_click: false });
});

test('a search is recorded when it is over, with what was opened; typing on is one search', (t) => {
  t.after(restore);
  const searches = new Searches(note);
  assert.equal(searches.opened('a'), false, 'no search runs');
  searches.begin({ query: 'bol', results: 9 });
  searches.begin({ query: 'boleros', results: 3, filters: { free: 'true' } });
  assert.deepEqual(noted, []);
  assert.equal(searches.opened('a'), true);
  searches.opened('a');
  searches.begin({ query: 'boleros en vivo', results: 1 });
  assert.deepEqual(noted, [{ kind: 'search', query: 'boleros', filters: { free: 'true' }, result_count: 3, clicked: ['a'] }]);
  browser.dispatchEvent(new Event('pagehide'));
  browser.dispatchEvent(new Event('pagehide'));
  assert.deepEqual(noted.map(({ query }) => query), ['boleros', 'boleros en vivo']);
});

test('what is read and searched is noted when the page is hidden, before it is sent; a reading that goes on is noted whole, a search by what is new', (t) => {
  t.after(restore);
  const sent = [];
  // As the recommender does: its listeners are older.
  document.addEventListener('visibilitychange', () => sent.push(...noted.splice(0)));
  browser.addEventListener('pagehide', () => sent.push(...noted.splice(0)));
  const searches = new Searches(note);
  searches.begin({ query: 'boleros', results: 3 });
  searches.opened('a');
  const reading = new Reading(new Element('div'), (read) => note({ kind: 'detail_view', ...read }));
  pass(2_000);
  hide(true);
  assert.deepEqual(sent.map(({ kind, dwell_seconds, clicked }) => [kind, dwell_seconds ?? clicked]), [['search', ['a']], ['detail_view', 2]]);
  browser.dispatchEvent(new Event('pagehide'));
  assert.equal(sent.length, 2, 'nothing new');
  hide(false);
  pass(900);
  browser.dispatchEvent(new Event('pagehide'));
  assert.equal(sent.length, 2, 'a glance');
  hide(false);
  assert.equal(searches.opened('b'), true, 'the list still answers the search');
  pass(3_000);
  reading.end();
  reading.end();
  searches.end();
  assert.deepEqual(noted.map(({ kind, dwell_seconds, clicked }) => [kind, dwell_seconds ?? clicked]), [['detail_view', 5.9], ['search', ['b']]]);
});

test('one call on a container follows a whole visit', async (t) => {
  t.after(restore);
  const out = new Element('a', { href: 'https://organiser.example/show' });
  const inside = new Element('a', { href: '/help' });
  const list = new Element('ul', {}, new Element('li', { 'data-activity': 'a' }, out, inside), new Element('li', { 'data-activity': 'b' }));
  const tracker = track({ record: async (body) => note(body) }, list);
  assert.deepEqual(noted, [{ kind: 'session', device_type: 'mobile', browser: 'Firefox', locale: 'en' }]);
  noted = [];
  tracker.show(slateOf('s1', 'b', 'a'));
  assert.deepEqual(noted.map(({ shown }) => [shown.activity, shown.position]), [['b', 0], ['a', 1]]);
  noted = [];

  inside.press();
  assert.deepEqual(noted, [], 'a link that stays here');
  out.press();
  assert.deepEqual(noted.map(({ kind, activity, external_click, source, shown }) => [kind, activity, external_click, source, shown.position]), [['detail_view', 'a', true, 'recommendation', 1]]);
  noted = [];

  tracker.show(slateOf('s2', 'a', 'b'), { query: 'jazz', results: 2 });
  noted = [];
  const link = new Element('a', { href: 'http://elsewhere.example/' });
  const view = new Element('dialog', {}, link);
  const detail = tracker.detail('b', view);
  pass(2_000);
  link.press();
  detail.close();
  detail.close();
  assert.deepEqual(noted, [{
    kind: 'detail_view', activity: 'b', dwell_seconds: 2, scroll_depth: 0.25, external_click: true, source: 'search', shown: { activity: 'b', slate: 's2', position: 1 },
  }]);
  noted = [];
  tracker.navigated('sort_by', { order: 'date' });
  tracker.detail('a', view);
  tracker.stop();
  assert.deepEqual(kinds(), ['navigation', 'detail_view', 'search']);
  assert.deepEqual(noted.at(-1).clicked, ['b', 'a']);
  out.press();
  assert.equal(noted.length, 3, 'stopped');
});

test('a recorder that fails is said and stops nothing', async (t) => {
  t.after(restore);
  const warn = mock.method(console, 'warn', () => {});
  const tracker = track({ record: async () => { throw new Error('full'); } }, new Element('ul'), { session: false });
  tracker.navigated('view_list');
  await new Promise((ready) => setImmediate(ready));
  assert.equal(warn.mock.callCount(), 1);
});

test('the class of a device is told by its pointer and screen', (t) => {
  t.after(restore);
  assert.equal(deviceType(), 'mobile');
  screen.width = 800;
  assert.equal(deviceType(), 'tablet');
  globalThis.matchMedia = () => ({ matches: false });
  assert.equal(deviceType(), 'desktop');
});
