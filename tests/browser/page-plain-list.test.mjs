// When WebAssembly, the bundle or the network fails: the page still shows a list, says so, and stores nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openContext } from './chromium.mjs';
import { plainList, serveSite } from './site.mjs';

const LIST = { '/bundles/fallback.json': plainList() };

async function open(t, site, setUp = async () => {}) {
  const { context, errors } = await openContext(t);
  const page = await context.newPage();
  await setUp(page);
  await page.goto(site.origin);
  return { context, page, errors };
}

const titles = (page) => page.locator('.card-title').allTextContents();

test('without a bundle the page shows the plain list, in its order, and says which list it is', async (t) => {
  const site = await serveSite(t, { answers: LIST });
  const { page } = await open(t, site);
  await page.waitForSelector('.card');
  assert.deepEqual((await titles(page)).slice(0, 3), ['Plan número 0', 'Plan número 1', 'Plan número 2']);
  assert.match(await page.locator('.status').innerText(), /lista básica/);
  assert.equal(await page.locator('.consent-card').count(), 0, 'it keeps nothing, so it asks nothing');
  assert.equal(await page.locator('.card [aria-pressed]').count(), 0, 'nor does it offer opinions it would forget');
});

test('without WebAssembly the same list appears', async (t) => {
  const site = await serveSite(t, { answers: LIST });
  const { page } = await open(t, site, (fresh) => fresh.addInitScript(() => { delete globalThis.WebAssembly; }));
  await page.waitForSelector('.card');
  assert.match(await page.locator('.status').innerText(), /WASM_UNSUPPORTED/);
});

test('a module that does not arrive ends in the list too', async (t) => {
  const site = await serveSite(t, { answers: LIST });
  const { page } = await open(t, site, (fresh) => fresh.route('**/*.wasm', (route) => route.abort()));
  await page.waitForSelector('.card');
  assert.match(await page.locator('.status').innerText(), /WASM_UNAVAILABLE/);
});

test('tastes and filters order and limit the plain list', async (t) => {
  const site = await serveSite(t, { answers: LIST });
  const { page } = await open(t, site);
  await page.waitForSelector('.card');
  await page.locator('.panel-profile .chip', { hasText: 'trueque' }).click();
  await page.waitForFunction(() => document.querySelector('.card-title')?.textContent === 'Plan número 3');
  await page.locator('.panel-filters .chip', { hasText: 'Deporte' }).click();
  await page.waitForFunction(() => document.querySelectorAll('.card').length === 5);
  assert.deepEqual(new Set(await page.locator('.card .type').allTextContents()), new Set(['Deporte']));
  await page.locator('#search').fill('chapinero');
  await page.locator('#filter-locality').selectOption('Santa Fe');
  await page.waitForSelector('.empty:not([hidden])');
  assert.match(await page.locator('.empty').innerText(), /Ningún plan pasa/);
});

test('with nothing at all the page says so and offers to try again', async (t) => {
  const site = await serveSite(t);
  const { page } = await open(t, site);
  await page.waitForSelector('.empty:not([hidden])');
  assert.match(await page.locator('.empty').innerText(), /No pudimos cargar[\s\S]*Intentar otra vez/);
});

test('after the first visit the page opens without its server', async (t) => {
  const site = await serveSite(t, { answers: LIST });
  const { page } = await open(t, site);
  await page.waitForSelector('.card');
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
  await site.stop();
  await page.reload();
  await page.waitForSelector('.card');
  assert.equal((await titles(page))[0], 'Plan número 0');
});

test('nothing about the visitor is requested, and the content policy refuses nothing of ours', async (t) => {
  const site = await serveSite(t, { answers: LIST });
  const { page, errors } = await open(t, site);
  await page.waitForSelector('.card');
  await page.locator('.card-title').first().click();
  await page.waitForSelector('dialog[open] .mini');
  await page.keyboard.press('Escape');
  assert.deepEqual(site.asked.filter((request) => request.includes('/v1/') || request.startsWith('POST')), []);
  assert.deepEqual(errors.filter((error) => /Content.Security|Refused/.test(error)), []);
});
