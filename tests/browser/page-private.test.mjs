// The page on `triqueta serve`, with everything that leaves the browser looked at: without consent to send, no request
// tells anything about the visitor; with it, each event is stored once, also when the server was away meanwhile.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openContext } from './chromium.mjs';
import { account, read } from './kept.mjs';
import { server, temporaryFolder } from './program.mjs';
import { recorder } from './recorder.mjs';
import { registry } from './registry.mjs';
import { until } from './wait.mjs';

const BUNDLES = await registry();
const PAGE = fileURLToPath(new URL('../../www/dist', import.meta.url));

async function serve(t, port = 0) {
  const folder = await temporaryFolder(t);
  const parameters = ['--bundles', BUNDLES, '--store', join(folder, 'events.sqlite'), '--www', PAGE];
  const start = (at) => server(t, ...parameters, '--port', String(at));
  return { start, running: await start(port) };
}

async function open(t, origin) {
  const { context, errors } = await openContext(t, { viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(origin);
  await page.waitForSelector('.card');
  assert.match(await page.locator('.status').innerText(), /modelo al día/, 'the engine runs');
  return { context, page, errors };
}

const order = (page) => page.locator('.card').evaluateAll((cards) => cards.map((card) => card.dataset.activity));
const act = (page, id, name) => page.locator(`.card[data-activity="${id}"]`).getByRole('button', { name, exact: true }).click();

/** Waits until the list is another one. */
const moved = (page, before) => page.waitForFunction((old) => {
  const now = [...document.querySelectorAll('.card')].map((card) => card.dataset.activity);
  return now.length > 0 && now.join() !== old;
}, before.join());

/** All a visitor can do on the page; the list has to follow. Gives what must not leave. */
async function visit(page) {
  const before = await order(page);
  await act(page, before[3], 'Me gusta');
  await moved(page, before);
  const between = await order(page);
  await act(page, between[0], 'No es para mí');
  await moved(page, between);
  // What was refused may take others with it.
  const after = await order(page);
  await act(page, after[2], 'Guardar');
  await page.locator('.card-title').first().click();
  await page.waitForSelector('dialog[open] .mini');
  await page.waitForTimeout(1_200);
  await page.keyboard.press('Escape');
  const taste = page.locator('.panel-profile .chip').first();
  const tag = await taste.innerText();
  await taste.click();
  await page.locator('#search').fill('boleros');
  await page.waitForTimeout(2_500);
  await page.reload();
  await page.waitForSelector('.card');
  await page.waitForTimeout(2_000);
  return [before[3], between[0], after[2], tag.trim().split(/\s/)[0], 'boleros'];
}

/** Headers any browser sends for any page. */
const USUAL = new Set([
  'host', 'connection', 'user-agent', 'accept', 'accept-encoding', 'accept-language', 'cache-control', 'pragma', 'if-none-match',
  'if-modified-since', 'origin', 'purpose', 'service-worker', 'upgrade-insecure-requests',
]);

const SIGNALS = {
  globalPrivacyControl: () => Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true }),
  doNotTrack: () => Object.defineProperty(Navigator.prototype, 'doNotTrack', { get: () => '1' }),
};

for (const [name, signal] of Object.entries(SIGNALS)) {
  test(`a browser that says ${name} sends nothing, though sending was chosen; the choice is kept as one for the device`, async (t) => {
    const { running } = await serve(t);
    const { origin, passed } = await recorder(t, running.port);
    const { context, errors } = await openContext(t, { viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' });
    await context.addInitScript(signal);
    const page = await context.newPage();
    await page.goto(origin);
    await page.waitForSelector('.card');
    assert.match(await page.locator('.consent-card').innerText(), /Tu navegador pide que no te sigan/);
    await page.locator('[data-grade=upload]').click();
    await page.waitForFunction(() => !document.querySelector('.consent-card'));
    await visit(page);
    assert.deepEqual(passed.filter(({ method }) => method !== 'GET'), []);
    assert.equal(JSON.parse(await state(page, 'consent')).grade, 'device');
    assert.equal(await account(page), undefined);
    assert.deepEqual(await outbox(page), []);
    assert.deepEqual(errors, []);
  });
}

test('a withdrawal leaves nothing on the device but the decision, and nothing in the store', async (t) => {
  const { running } = await serve(t);
  const { page } = await open(t, `http://127.0.0.1:${running.port}`);
  const stored = async () => {
    const text = await (await fetch(`http://127.0.0.1:${running.port}/metrics`)).text();
    return Number(/^triqueta_store_events (\d+)$/m.exec(text)?.[1]);
  };
  await page.locator('[data-grade=upload]').click();
  await page.waitForFunction(() => !document.querySelector('.consent-card'));
  await visit(page);
  await until(async () => (await stored()) > 0, 'something was stored');
  await page.locator('.data-button').click();
  await page.locator('.consent-form [value=none]').check();
  await page.locator('.consent-form [type=submit]').click();
  await until(async () => (await stored()) === 0, 'the server deleted what it had');
  await until(async () => !(await read(page, 'state', undefined)).some((key) => key.startsWith('withdrawal:')), 'the server confirmed');
  assert.deepEqual((await read(page, 'state', undefined)).filter((key) => !['channel', 'verified', 'consent', 'lease'].includes(key)), []);
  assert.deepEqual(await outbox(page), []);
  assert.equal(JSON.parse(await state(page, 'consent')).grade, 'none');
});

for (const grade of ['none', 'device', 'unanswered']) {
  test(`consent ${grade}: the list learns, and no request tells anything about the visitor`, async (t) => {
    const { running } = await serve(t);
    const { origin, passed } = await recorder(t, running.port);
    const { context, page, errors } = await open(t, origin);
    const elsewhere = [];
    context.on('request', (request) => !/^(data|blob):/.test(request.url()) && !request.url().startsWith(origin) && elsewhere.push(request.url()));
    if (grade !== 'unanswered') {
      await page.locator(`[data-grade=${grade}]`).click();
      await page.waitForFunction(() => !document.querySelector('.consent-card'));
    }
    const secrets = await visit(page);
    assert.ok(passed.length > 10);
    for (const { method, url, headers, body } of passed) {
      assert.equal(method, 'GET', url);
      assert.equal(body, '', url);
      assert.match(url, /^\/(|index\.html|(sw|sync)\.js|manifest\.webmanifest|(icon|assets\/)[\w./-]+|bundles\/(channel|fallback)\.json|bundles\/(manifests|objects)\/[0-9a-f]+\.\w+)$/);
      const { referer = `${origin}/`, ...others } = headers;
      assert.match(referer.slice(origin.length), /^\/((sw|sync)\.js|assets\/[\w.-]+\.js)?$/, referer);
      const unusual = Object.keys(others).filter((name) => !USUAL.has(name) && !name.startsWith('sec-'));
      assert.deepEqual(unusual, [], url);
      const said = decodeURIComponent(url) + Object.values(headers).join('\n');
      for (const secret of secrets) assert.ok(!said.includes(secret), `${secret} in ${said}`);
    }
    assert.deepEqual(elsewhere, []);
    assert.deepEqual(await context.cookies(), []);
    assert.deepEqual(errors, []);
    const metrics = await (await fetch(`http://127.0.0.1:${running.port}/metrics`)).text();
    assert.match(metrics, /^triqueta_store_events 0$/m);
  });
}

test('the server stopped: a reload still ranks, a click moves the list, and its event is stored once when it is back', async (t) => {
  const { start, running } = await serve(t);
  const { port } = running;
  const { page } = await open(t, `http://127.0.0.1:${port}`);
  await page.locator('[data-grade=upload]').click();
  await page.waitForFunction(() => !document.querySelector('.consent-card'));
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  const metric = async (name) => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  };
  await until(async () => (await metric('triqueta_store_events')) > 0, 'something was stored');
  assert.equal(await running.stop(), 0, 'the server ends cleanly');

  await page.reload();
  await page.waitForSelector('.card');
  assert.match(await page.locator('.status').innerText(), /modelo guardado/);
  const before = await order(page);
  await act(page, before[4], 'Me gusta');
  await moved(page, before);
  const after = await order(page);
  await act(page, after[1], 'Guardar');
  await page.waitForTimeout(2_500);
  const waiting = await outbox(page);
  const done = waiting.map(({ body }) => body.kind);
  assert.ok(done.includes('feedback') && done.includes('favourite'), done.join());

  await start(port);
  await until(async () => (await outbox(page)).length === 0, 'everything that waited was acknowledged');
  await page.waitForTimeout(1_500);
  // Each device numbers its events: what is stored is all of them, each once.
  const { sequence } = await account(page);
  assert.equal(await metric('triqueta_store_events'), sequence);
  assert.equal(await metric('triqueta_events_missing'), 0);
});

/** What waits to be sent. */
async function outbox(page) {
  const events = await read(page, 'events', null);
  return events.map((event) => JSON.parse(event));
}

async function state(page, name) {
  return read(page, 'state', name);
}
