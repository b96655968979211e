// Bundles that arrive damaged, cut, expired or replayed: the good one stays and says why, and the whole one is taken as
// soon as it is there. On the server as it is, with its caching, in a page that holds the package and nothing else.

import assert from 'node:assert/strict';
import { cp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { barePage } from './bare-page.mjs';
import { openContext } from './chromium.mjs';
import { server, temporaryFolder } from './program.mjs';
import { registry } from './registry.mjs';
import { until } from './wait.mjs';

const OLDER = await registry();
const NEWER = await registry();

const read = async (file) => JSON.parse(await readFile(file, 'utf8'));

/** The older bundle on a server, the newer one beside it but not in the channel yet. */
async function open(t) {
  const folder = await temporaryFolder(t);
  const bundles = join(folder, 'bundles');
  await cp(OLDER, bundles, { recursive: true });
  await cp(join(NEWER, 'objects'), join(bundles, 'objects'), { recursive: true });
  await cp(join(NEWER, 'manifests'), join(bundles, 'manifests'), { recursive: true });
  const [older, newer] = [await read(join(OLDER, 'channel.json')), await read(join(NEWER, 'channel.json'))];
  const id = newer.variants.default.bundle;
  assert.notEqual(id, older.variants.default.bundle);
  const announce = (changes) => writeFile(join(bundles, 'channel.json'), JSON.stringify({ ...newer, sequence: 2, ...changes }));
  const manifest = join(bundles, `manifests/${id}.json`);
  const { files } = await read(manifest);
  const object = (name) => join(bundles, files.find((file) => file.name === name).path);
  await barePage(join(folder, 'www'));
  const { port } = await server(t, '--bundles', bundles, '--store', join(folder, 'events.sqlite'), '--www', join(folder, 'www'), '--port', '0');
  const origin = `http://127.0.0.1:${port}`;
  return { origin, bundles, announce, id, older: older.variants.default.bundle, manifest, object, visit: () => visit(t, origin) };
}

async function visit(t, origin) {
  const { context } = await openContext(t);
  const page = await context.newPage();
  await page.goto(origin);
  /** What is running, whether it is new, and whether it ranks. */
  const look = (sync) => page.evaluate(async (first) => {
    const recommender = await globalThis.opening;
    const taken = first ? await recommender.sync() : null;
    const { items } = await recommender.recommend();
    return { ...recommender.status, taken, items: items.length, code: recommender.status.problem?.code ?? null };
  }, sync);
  return { page, look: () => look(false), sync: () => look(true) };
}

async function flip(file) {
  const bytes = await readFile(file);
  bytes[Math.floor(bytes.length / 2)] ^= 1;
  await writeFile(file, bytes);
}

const cut = async (file) => writeFile(file, (await readFile(file)).subarray(0, 100));

const FAULTS = [
  ['a changed bit in the columns', 'BUNDLE_HASH', ({ object }) => flip(object('columns-0'))],
  ['columns that were cut', 'BUNDLE_LENGTH', ({ object }) => cut(object('columns-0'))],
  // As without a network: nothing is wrong with what there is.
  ['a missing file', null, ({ object }) => rm(object('columns-0'))],
  ['a changed bit in the manifest', 'BUNDLE_HASH', ({ manifest }) => flip(manifest)],
  ['a channel that is no channel', 'BUNDLE_MALFORMED', ({ bundles }) => writeFile(join(bundles, 'channel.json'), '{"for')],
  ['an expired channel', 'BUNDLE_EXPIRED', ({ announce }) => announce({ expires_ms: Date.now() - 1 })],
  ['a channel of before', 'BUNDLE_ROLLBACK', ({ announce }) => announce({ sequence: 0 })],
];

for (const [what, code, damage] of FAULTS) {
  test(`${what}: the good bundle stays${code ? ` and says ${code}` : ''}; the whole one is taken once it is there`, async (t) => {
    const site = await open(t);
    const { page, look, sync } = await site.visit();
    const before = await look();
    assert.deepEqual([before.source, before.bundle, before.code], ['network', site.older, null]);

    await site.announce({});
    await damage(site);
    const kept = await sync();
    assert.deepEqual([kept.taken, kept.bundle, kept.code, kept.items], [false, site.older, code, 10]);
    await page.reload();
    const reloaded = await look();
    assert.deepEqual([reloaded.source, reloaded.bundle, reloaded.items], ['stored', site.older, 10]);

    for (const folder of ['objects', 'manifests']) {
      for (const name of await readdir(join(NEWER, folder))) await cp(join(NEWER, folder, name), join(site.bundles, folder, name));
    }
    await site.announce({});
    const healed = await sync();
    assert.deepEqual([healed.taken, healed.bundle, healed.code, healed.items], [true, site.id, null, 10]);
  });
}

test('a first visit to a damaged bundle ends in the plain list', async (t) => {
  const site = await open(t);
  await site.announce({});
  await flip(site.object('towers'));
  const { look } = await site.visit();
  const { source, items, code } = await look();
  assert.deepEqual([source, items, code], ['fallback', 10, 'BUNDLE_HASH']);
});

/** Changes what the page's database holds of a file, and gives how many bytes it held before. */
const tamper = (page, path, change) => page.evaluate(async ([file, what]) => {
  const settled = (request) => new Promise((resolve, reject) => {
    [request.onsuccess, request.onerror] = [() => resolve(request.result), () => reject(request.error)];
  });
  const database = await settled(indexedDB.open('triqueta'));
  const transaction = database.transaction(['files', 'state'], 'readwrite');
  const [files, state] = ['files', 'state'].map((name) => transaction.objectStore(name));
  const bytes = await settled(files.get(file));
  if (what === 'cut') await settled(files.put(bytes.slice(0, 100), file));
  if (what === 'garbled') await settled(files.put(bytes.map((byte) => byte ^ 0x5a), file));
  if (what === 'flipped') {
    const flipped = bytes.slice();
    flipped[flipped.length - 1] ^= 1;
    await settled(files.put(flipped, file));
  }
  if (what === 'flipped') await settled(state.put((await settled(state.get('verified'))).replace(/by .*/, 'by 0.0.0'), 'verified'));
  database.close();
  return [...bytes];
}, [path, change]);

for (const what of ['cut', 'garbled', 'flipped']) {
  const whose = what === 'flipped' ? ', and another version of the module had verified it' : '';
  test(`a stored file that was ${what} later${whose}: the next visit fetches it again`, async (t) => {
    const site = await open(t);
    const { page, look } = await site.visit();
    await look();
    const { files } = await read(join(site.bundles, `manifests/${site.older}.json`));
    const { path } = files.find((file) => file.name === 'columns-0');
    const whole = await tamper(page, path, what);
    await page.reload();
    const { source, bundle, items, code } = await look();
    assert.deepEqual([source, bundle, items, code], ['network', site.older, 10, null]);
    assert.deepEqual(await tamper(page, path, 'nothing'), whole);
  });
}

test('a later visit asks the server for the channel alone', async (t) => {
  const site = await open(t);
  const { page, look } = await site.visit();
  await look();
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.reload();
  const { source, items } = await look();
  assert.deepEqual([source, items], ['network', 10]);
  assert.deepEqual(asked.filter((path) => path.startsWith('/bundles/')), ['/bundles/channel.json']);
  const [shown, found] = await page.evaluate(async () => {
    const recommender = await globalThis.opening;
    const best = await recommender.recommend();
    const [{ title, description }] = best.items.map(({ activity }) => activity);
    const { items } = await recommender.recommend({ filters: { query: title } });
    return [{ title, description }, items.map(({ activity }) => activity.title)];
  });
  assert.match(shown.title, /^\p{L}+ .* \d+$/u);
  assert.match(shown.description, /inventada/);
  assert.ok(found.includes(shown.title), 'what is stored is searched too');
});

for (const query of ['', '?worker']) {
  const where = query ? 'in a worker' : 'on the page';
  test(`a slow network does not keep a later visit from its list ${where}: the stored bundle ranks, the newer one follows`, async (t) => {
    const site = await open(t);
    const { page, look } = await site.visit();
    await look();
    await site.announce({});
    let arrive;
    const arrived = new Promise((resolve) => { arrive = resolve; });
    const asked = [];
    await page.context().route('**/bundles/objects/**', async (route) => {
      asked.push(route.request().url());
      await arrived;
      await route.continue();
    });
    await page.goto(`${site.origin}/${query}`);
    const early = await look();
    assert.deepEqual([early.source, early.bundle, early.items, early.code], ['stored', site.older, 10, null]);
    await page.evaluate(async () => {
      globalThis.told = 0;
      (await globalThis.opening).onChange(() => { globalThis.told += 1; });
    });
    arrive();
    await until(() => page.evaluate(() => globalThis.told === 1), 'listeners are told of the newer bundle');
    const { source, bundle } = await page.evaluate(async () => (await globalThis.opening).status);
    assert.deepEqual([source, bundle], ['network', site.id]);
    const late = await look();
    assert.deepEqual([late.bundle, late.items, late.code], [site.id, 10, null]);
    assert.ok(asked.length > 0);
    assert.deepEqual(asked.toSorted(), [...new Set(asked)].toSorted(), 'no file is fetched twice');
  });
}

test('a page that took an older channel later leaves what another took since', async (t) => {
  const site = await open(t);
  const { page, look } = await site.visit();
  await look();
  let arrive;
  const arrived = new Promise((resolve) => { arrive = resolve; });
  const late = await page.context().newPage();
  // Its answer is the older channel, and comes when the newer one is stored.
  const older = await readFile(join(OLDER, 'channel.json'), 'utf8');
  await late.route('**/bundles/channel.json', async (route) => {
    await arrived;
    await route.fulfill({ body: older, contentType: 'application/json' });
  });
  await late.goto(site.origin);
  await site.announce({});
  await page.evaluate(async () => (await globalThis.opening).sync());
  arrive();
  await late.evaluate(async () => (await globalThis.opening).recommend());
  const stored = await page.evaluate(() => new Promise((resolve, reject) => {
    const asked = indexedDB.open('triqueta');
    asked.onerror = () => reject(asked.error);
    asked.onsuccess = () => {
      const state = asked.result.transaction('state').objectStore('state');
      const channel = state.get('channel');
      const verified = state.get('verified');
      verified.onsuccess = () => resolve([JSON.parse(channel.result).sequence, verified.result.split(' ')[0]]);
    };
  }));
  assert.deepEqual(stored, [2, site.id]);
});
