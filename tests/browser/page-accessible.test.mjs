// The page for everybody: WCAG 2.1 AA by axe, on a telephone and a desk, by day and by night, in both languages; by
// keyboard; with targets a thumb can hit.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { openContext } from './chromium.mjs';
import { plainList, serveSite } from './site.mjs';

const AXE = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'];
const LIST = { '/bundles/fallback.json': plainList() };

async function open(t, options) {
  const site = await serveSite(t, { answers: LIST });
  const { context } = await openContext(t, { reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  await page.goto(site.origin);
  await page.waitForSelector('.card');
  return page;
}

/** What axe finds, as sentences. */
async function violations(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate((rules) => globalThis.axe.run(document, { runOnly: rules }), RULES);
  return found.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(' ')).join(', ')}`);
}

/** Controls smaller than 44 × 44 px. A card's title counts with the surface it covers, a tick with its label. */
function smallTargets(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('button:not(.card-title), a:not(.skip), summary, select, .chip, .option')]
      .filter((element) => element.checkVisibility())
      .map((element) => ({ name: element.className || element.tagName, box: element.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && (box.width < 44 || box.height < 44))
      .map(({ name, box }) => `${name} ${Math.round(box.width)}×${Math.round(box.height)}`));
}

for (const width of [375, 1280]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`axe finds nothing at ${width} px, ${colorScheme}: list, detail, data`, async (t) => {
      const page = await open(t, { viewport: { width, height: 900 }, colorScheme });
      await page.evaluate(() => document.querySelectorAll('.panel').forEach((panel) => { panel.open = true; }));
      await page.locator('.why > summary').first().click();
      assert.deepEqual(await violations(page), [], 'list');
      assert.deepEqual(await smallTargets(page), [], 'list');
      await page.locator('.card-title').first().click();
      await page.waitForSelector('dialog[open] .mini');
      assert.deepEqual(await violations(page), [], 'detail');
      assert.deepEqual(await smallTargets(page), [], 'detail');
      await page.keyboard.press('Escape');
      await page.locator('.data-button').click();
      await page.waitForSelector('.knowledge section');
      assert.deepEqual(await violations(page), [], 'data');
      assert.deepEqual(await smallTargets(page), [], 'data');
    });
  }
}

test('nothing is wider than the screen, down to 320 px', async (t) => {
  const page = await open(t, { viewport: { width: 320, height: 640 } });
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  assert.equal(await width(), 320);
  await page.locator('.panel-profile > summary').click();
  await page.locator('.panel-profile .chip').first().click();
  await page.locator('.panel-profile > summary').click();
  await page.locator('.why > summary').first().click();
  assert.equal(await width(), 320, 'after choosing a taste and asking why');
});

test('the language of the document follows the switch, and every word with it', async (t) => {
  const page = await open(t);
  assert.equal(await page.getAttribute('html', 'lang'), 'es');
  await page.locator('.language', { hasText: 'EN' }).click();
  await page.waitForFunction(() => document.documentElement.lang === 'en');
  assert.equal(await page.locator('h1').innerText(), 'What shall we do today?');
  assert.match(await page.locator('.card').first().innerText(), /Why this plan\?/);
  assert.equal(await page.title(), 'Triqueta · things to do in Bogotá');
});

test('by keyboard: skip to the list, open a plan, close it, and be where one was', async (t) => {
  const page = await open(t, { viewport: { width: 1280, height: 900 } });
  await page.keyboard.press('Tab');
  assert.match(await page.evaluate(() => document.activeElement?.textContent), /Ir a las recomendaciones/);
  await page.keyboard.press('Enter');
  await page.locator('.card-title').nth(1).focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector('dialog[open]');
  const inside = () => page.evaluate(() => !!document.activeElement?.closest('dialog'));
  assert.ok(await inside(), 'focus goes into the window');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.activeElement?.className === 'card-title');
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Plan número 1');
});
