// Channels signed by their publisher: a page that names keys takes no other, whoever holds the server. Signed by the program
// itself, served by its server, verified by the browser's own cryptography and by Node's.

import assert from 'node:assert/strict';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { barePage } from './bare-page.mjs';
import { openContext } from './chromium.mjs';
import { server, temporaryFolder, triqueta } from './program.mjs';
import { registry } from './registry.mjs';
import { serveSite } from './site.mjs';

const OLDER = await registry();
const NEWER = await registry();

/** A registry with the older bundle in its channel and the newer beside it, and two keys. */
async function publisher(t) {
  const folder = await temporaryFolder(t);
  const bundles = join(folder, 'bundles');
  await cp(OLDER, bundles, { recursive: true });
  for (const part of ['objects', 'manifests']) await cp(join(NEWER, part), join(bundles, part), { recursive: true });
  const [channel, signatures] = [join(bundles, 'channel.json'), join(bundles, 'channel.json.sig')];
  const [older, newer] = await Promise.all([OLDER, NEWER].map(async (from) => JSON.parse(await readFile(join(from, 'channel.json'), 'utf8'))));
  const keys = {};
  for (const name of ['old', 'new', 'stranger']) {
    keys[name] = (await triqueta('key', '--new', join(folder, name))).public_key;
  }
  return {
    folder, bundles, signatures, keys,
    older: older.variants.default.bundle,
    newer: newer.variants.default.bundle,
    /** Another channel, which nobody has signed yet. */
    announce: (of, sequence) => writeFile(channel, JSON.stringify({ ...(of === 'newer' ? newer : older), sequence })),
    sign: (...names) => triqueta('sign', '--registry', bundles, ...names.flatMap((name) => ['--sign', join(folder, name)])),
  };
}

async function visitor(t, { folder, bundles }) {
  await barePage(join(folder, 'www'));
  const { port } = await server(t, '--bundles', bundles, '--store', join(folder, 'events.sqlite'), '--www', join(folder, 'www'), '--port', '0');
  const { context } = await openContext(t);
  const page = await context.newPage();
  const look = (sync) => page.evaluate(async (first) => {
    const recommender = await globalThis.opening;
    if (first) await recommender.sync();
    const { source, bundle, problem } = recommender.status;
    const { items } = await recommender.recommend();
    return [source, bundle, problem?.code ?? null, items.length > 0];
  }, sync);
  /** Opens a page that names these keys. */
  const open = async (...keys) => {
    await page.goto(`http://127.0.0.1:${port}/${keys.length ? `?keys=${keys}` : ''}`);
    return look(false);
  };
  return { open, sync: () => look(true) };
}

test('only what one of its keys signed is taken; the last good bundle goes on', async (t) => {
  const site = await publisher(t);
  const { keys, older, newer } = site;
  const { open, sync } = await visitor(t, site);
  await site.sign('old');
  const signedOnce = await readFile(site.signatures);
  assert.deepEqual(await open(keys.old), ['network', older, null, true]);

  const stays = async (what) => {
    const [, bundle, code, ranks] = await sync();
    assert.deepEqual([bundle, code, ranks], [older, 'BUNDLE_SIGNATURE', true], what);
    assert.deepEqual(await open(keys.old), ['stored', older, 'BUNDLE_SIGNATURE', true], `${what}, opened again`);
  };
  await site.announce('newer', 2);
  await stays('a signature of another channel');
  await rm(site.signatures);
  await stays('no signature');
  await site.sign('stranger');
  await stays('a signature by another key');

  await site.sign('old');
  assert.deepEqual(await sync(), ['network', newer, null, true]);
  // What was signed before can be handed out again by whoever kept it.
  await cp(join(OLDER, 'channel.json'), join(site.bundles, 'channel.json'));
  await writeFile(site.signatures, signedOnce);
  const [, bundle, code] = await sync();
  assert.deepEqual([bundle, code], [newer, 'BUNDLE_ROLLBACK']);
});

test('keys change without a visitor losing the bundle', async (t) => {
  const site = await publisher(t);
  const { keys, older, newer } = site;
  const { open } = await visitor(t, site);
  await site.sign('old', 'new');
  assert.deepEqual(await open(keys.old), ['network', older, null, true], 'a page of before');
  assert.deepEqual(await open(keys.old, keys.new), ['network', older, null, true]);
  await site.announce('newer', 2);
  await site.sign('new');
  assert.deepEqual(await open(keys.old), ['stored', older, 'BUNDLE_SIGNATURE', true], 'a page of before, too late');
  assert.deepEqual(await open(keys.old, keys.new), ['network', newer, null, true]);
  assert.deepEqual(await open(keys.new), ['network', newer, null, true]);
});

test('a channel of before there were keys neither ranks nor keeps a signed one out', async (t) => {
  const site = await publisher(t);
  const { keys, newer, older } = site;
  const { open } = await visitor(t, site);
  await site.announce('older', 9_000);
  assert.deepEqual(await open(), ['network', older, null, true], 'without keys nothing needs a signature');
  assert.deepEqual(await open(keys.old), ['fallback', null, 'BUNDLE_SIGNATURE', true]);
  await site.announce('newer', 2);
  await site.sign('old');
  assert.deepEqual(await open(keys.old), ['network', newer, null, true]);
});

test('under Node it is the same', async (t) => {
  const site = await publisher(t);
  const { origin } = await serveSite(t, { bundles: site.bundles });
  t.mock.method(console, 'warn', () => {});
  const { Recommender } = await import(new URL('../../pkg/dist/node.js', import.meta.url));
  const open = async (...channelKeys) => {
    const recommender = await Recommender.open({ channel: `${origin}/bundles/channel.json?day=1`, channelKeys, storage: 'memory' });
    t.after(() => recommender.close());
    return [recommender.status.source, recommender.status.problem?.code ?? null];
  };
  assert.deepEqual(await open(site.keys.old), ['fallback', 'BUNDLE_SIGNATURE']);
  await site.sign('old');
  assert.deepEqual(await open(site.keys.stranger, site.keys.old), ['network', null]);
  assert.deepEqual(await open(site.keys.stranger), ['fallback', 'BUNDLE_SIGNATURE']);
});
