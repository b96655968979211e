// The page with its engine: every click moves the list at once, consent decides what is kept and sent, everything known
// can be seen, taken and deleted, and all of it works with the server gone.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { openContext } from './chromium.mjs';
import { registry } from './registry.mjs';
import { serveSite } from './site.mjs';
import { until } from './wait.mjs';

const BUNDLES = await registry();
/** What is stored of the bundle, the same for everybody. */
const BUNDLE = ['channel', 'verified'];

async function open(t, options) {
  const site = await serveSite(t, { bundles: BUNDLES });
  const { context, errors } = await openContext(t, { viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  await page.goto(site.origin);
  await page.waitForSelector('.card');
  assert.match(await page.locator('.status').innerText(), /modelo al día/, 'the engine runs');
  return { site, context, page, errors };
}

const order = (page) => page.locator('.card').evaluateAll((cards) => cards.map((card) => card.dataset.activity));
const card = (page, id) => page.locator(`.card[data-activity="${id}"]`);

/** Presses a button of a card and waits until the page says what became of it. */
async function act(page, id, name) {
  const title = await card(page, id).locator('.card-title').innerText();
  await card(page, id).getByRole('button', { name, exact: true }).click();
  await page.waitForFunction((named) => document.querySelector('[role=status].visually-hidden')?.textContent?.includes(`«${named}»`), title);
}

const said = (page) => page.locator('[role=status].visually-hidden').textContent();

/** The list after something changed it. */
async function moved(page, before) {
  await page.waitForFunction((old) => {
    const now = [...document.querySelectorAll('.card')].map((found) => found.dataset.activity);
    return now.length > 0 && now.join() !== old;
  }, before.join());
  return order(page);
}

/** What IndexedDB holds of the visitor: names of the state table, and how many events wait. */
const kept = (page) => page.evaluate(() => new Promise((done, failed) => {
  const opening = indexedDB.open('triqueta');
  opening.onerror = failed;
  opening.onsuccess = () => {
    const transaction = opening.result.transaction(['state', 'events']);
    const names = transaction.objectStore('state').getAllKeys();
    const events = transaction.objectStore('events').count();
    transaction.oncomplete = () => {
      opening.result.close();
      done({ names: names.result, events: events.result });
    };
  };
}));

test('a like moves the list at once, says so, and leaves the focus where it was', async (t) => {
  const { page } = await open(t);
  const before = await order(page);
  await act(page, before[5], 'Me gusta');
  const after = await moved(page, before);
  assert.notDeepEqual(after, before);
  assert.match(await said(page), /Lista actualizada/);
  if (after.includes(before[5])) {
    assert.equal(await card(page, before[5]).getByRole('button', { name: 'Me gusta' }).getAttribute('aria-pressed'), 'true');
    assert.equal(await page.evaluate(() => document.activeElement?.closest('.card')?.dataset.activity), before[5]);
  }
});

test('what is not for me leaves the list and can be brought back', async (t) => {
  const { page } = await open(t);
  const before = await order(page);
  await act(page, before[0], 'No es para mí');
  assert.ok(!(await moved(page, before)).includes(before[0]));
  const without = await order(page);
  await page.getByRole('button', { name: 'Deshacer' }).click();
  await moved(page, without);
});

test('contributions are shown and add up to the score', async (t) => {
  const { page } = await open(t);
  for (const summary of await page.locator('.why > summary').all()) await summary.click();
  const tables = await page.locator('.breakdown table').evaluateAll((found) =>
    found.map((table) => [...table.querySelectorAll('.bar-value')].map((cell) => Number(cell.textContent.replace(',', '.').replace('−', '-')))));
  assert.ok(tables.length >= 10);
  for (const values of tables) {
    const sum = values.pop();
    assert.ok(Math.abs(values.reduce((total, value) => total + value, 0) - sum) <= 0.005 * (values.length + 1), `${values} = ${sum}`);
  }
});

test('without consent nothing is sent and nothing stays, and the list still learns within the visit', async (t) => {
  const { site, page } = await open(t);
  const before = await order(page);
  await act(page, before[3], 'Me gusta');
  await moved(page, before);
  await page.locator('.card-title').first().click();
  await page.keyboard.press('Escape');
  await page.locator('.panel-profile .chip').first().click();
  await page.waitForTimeout(2500);
  const requests = site.asked.filter((request) => !/^GET \/(bundles\/|assets\/|(sw|sync)\.js|icon|manifest|$)/.test(request));
  assert.deepEqual(requests, [], 'only the page and its bundle were asked for');
  const { names, events } = await kept(page);
  assert.deepEqual(names.filter((name) => !BUNDLE.includes(name)), []);
  assert.equal(events, 0);
  await page.reload();
  await page.waitForSelector('.card');
  assert.equal(await page.locator('.card [aria-pressed=true]').count(), 0);
});

test('kept on the device: tastes and saved plans are there at the next visit, and nothing is sent', async (t) => {
  const { site, page } = await open(t);
  await page.locator('[data-grade=device]').click();
  await page.waitForFunction(() => !document.querySelector('.consent-card'));
  const [first] = await order(page);
  await act(page, first, 'Guardar');
  await page.locator('.panel-profile .chip').first().click();
  await page.waitForTimeout(500);
  await page.reload();
  await page.waitForSelector('.card');
  assert.equal(await page.locator('.consent-card').count(), 0, 'the question was answered');
  assert.equal(await page.locator('.panel-profile input:checked').first().isChecked(), true);
  await page.getByRole('button', { name: 'Guardados' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.card').length === 1);
  assert.deepEqual(await order(page), [first]);
  assert.deepEqual(site.asked.filter((request) => request.startsWith('POST')), []);
});

test('sent on consent: what was seen, read and liked arrives, each once; withdrawing deletes here and tells the server', async (t) => {
  const { site, page } = await open(t);
  const early = await order(page);
  await act(page, early[1], 'Me gusta');
  await moved(page, early);
  await page.locator('[data-grade=upload]').click();
  await page.waitForFunction(() => !document.querySelector('.consent-card'));
  await page.locator('.list-head').scrollIntoViewIfNeeded();
  await page.locator('.card').first().scrollIntoViewIfNeeded();
  await page.waitForTimeout(1600);
  await page.locator('.card-title').first().click();
  await page.waitForSelector('dialog[open] .mini');
  await page.waitForTimeout(1100);
  await page.keyboard.press('Escape');
  await act(page, (await order(page)).find((id) => id !== early[1]), 'Me gusta');
  const has = (kind) => site.events.some((event) => (event.body?.kind ?? event.kind) === kind);
  await until(() => ['impression', 'viewed', 'detail_view', 'feedback'].every(has), 'the kinds of events arrive');
  const ids = site.events.map((event) => event.id);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(!JSON.stringify(site.events).includes(`"activity":"${early[1]}","opinion"`), 'what came before consent is never sent');
  const read = site.events.find((event) => JSON.stringify(event).includes('detail_view'));
  assert.match(JSON.stringify(read), /"source":"recommendation"/);
  await page.locator('.data-button').click();
  await page.locator('.dialog input[value=none]').check();
  await page.getByRole('button', { name: 'Guardar mi decisión' }).click();
  await until(() => site.withdrawn.length === 1, 'the server is told');
  // The note of what to withdraw goes once the server's answer has been read.
  const others = async () => (await kept(page)).names.filter((name) => ![...BUNDLE, 'consent'].includes(name));
  await until(async () => (await others()).length === 0, 'nothing is kept');
  assert.equal((await kept(page)).events, 0);
});

test("a minor's mode keeps and sends nothing", async (t) => {
  const { site, page } = await open(t);
  await page.locator('[data-grade=minor]').click();
  await page.waitForFunction(() => !document.querySelector('.consent-card'));
  const before = await order(page);
  await act(page, before[2], 'Me gusta');
  await moved(page, before);
  await page.waitForTimeout(2000);
  assert.deepEqual((await kept(page)).names.filter((name) => ![...BUNDLE, 'consent'].includes(name)), []);
  assert.deepEqual(site.asked.filter((request) => request.startsWith('POST')), []);
});

test('with the server gone a reload still ranks, a click still moves the list, and the events arrive once it is back', async (t) => {
  const { site, context, page } = await open(t);
  await page.locator('[data-grade=upload]').click();
  await page.waitForFunction(() => !document.querySelector('.consent-card'));
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await until(() => site.events.length > 0, 'something was sent');
  await site.stop();
  await context.setOffline(true);
  await page.reload();
  await page.waitForSelector('.card');
  // A reload may bring a new process, which some versions of Chromium tell only of changes.
  await context.setOffline(false);
  await context.setOffline(true);
  const status = () => page.locator('.status').innerText();
  await until(async () => /sin conexión[\s\S]*modelo guardado/.test(await status()), 'the page says that it is offline');
  const before = await order(page);
  await act(page, before[4], 'Me gusta');
  await moved(page, before);
  const liked = () => site.events.filter((event) => JSON.stringify(event).includes('"opinion":"like"'));
  assert.equal(liked().length, 0);
  await site.start();
  await context.setOffline(false);
  await until(() => liked().length === 1, 'the like arrives');
  await page.waitForTimeout(1500);
  assert.equal(liked().length, 1);
});

test('everything known can be seen, taken along, forgotten one by one and deleted', async (t) => {
  const { page } = await open(t);
  await page.locator('[data-grade=device]').click();
  await page.waitForFunction(() => !document.querySelector('.consent-card'));
  const [first] = await order(page);
  await act(page, first, 'Guardar');
  await act(page, (await order(page)).find((id) => id !== first), 'Me gusta');
  await page.locator('.data-button').click();
  await page.waitForSelector('.done li');
  const panel = page.locator('.knowledge');
  assert.equal(await page.locator('.done li').count(), 2);
  assert.match(await panel.innerText(), /Nada\. Ninguna acción tuya se envía\./);
  assert.match(await panel.innerText(), /guardado/);
  assert.match(await panel.innerText(), /te gusta/);

  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Descargar todo' }).click();
  const exported = JSON.parse(await readFile(await (await downloading).path(), 'utf8'));
  assert.ok(JSON.stringify(exported).includes(first));

  await page.locator('.done button').first().click();
  await page.waitForFunction(() => document.querySelectorAll('.done li').length === 1);
  await page.getByRole('button', { name: 'Borrar todo' }).click();
  await page.getByRole('button', { name: 'Sí, borrar todo' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.done li').length === 0);
  assert.match(await panel.innerText(), /Lo que has hecho aquí\s+Nada todavía/);
});

test('nothing is complained about on the way', async (t) => {
  const { page, errors } = await open(t);
  await page.getByRole('button', { name: 'Parecidos' }).first().click();
  await page.locator('dialog[open] .mini').first().click();
  await page.waitForSelector('dialog[open] .mini');
  await page.keyboard.press('Escape');
  await page.locator('#search').fill('noche');
  await page.waitForTimeout(600);
  assert.deepEqual(errors, []);
});
