// A page in headless Chromium for one test: a profile of its own, closed with the test, and the page's own
// errors kept, because a page that works but complains does not work.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const executablePath = process.env.TRIQUETA_CHROMIUM ?? '/usr/bin/chromium';

// Debian's Chromium as root in a container, without the connections it would open on its own.
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Opens a browser context that is closed, and its profile removed, when the test `t` ends.
 *
 * `options` are Playwright's context options; their `args` are added to those of all tests. Returns the context and the list its pages' errors are added to.
 */
export async function openContext(t, options = {}) {
  const profile = await mkdtemp(join(tmpdir(), 'triqueta-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    locale: 'es-CO',
    timezoneId: 'America/Bogota',
    ...options,
    args: [...args, ...(options.args ?? [])],
  });
  t.after(async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  });
  const errors = [];
  context.on('weberror', (event) => errors.push(String(event.error())));
  context.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return { context, errors };
}
