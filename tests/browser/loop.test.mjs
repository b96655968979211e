// The whole loop on real data: a city's log is imported, learned from, published and served; a browser ranks its events;
// what is done there arrives in the store, is learned from, and comes back to the same page as a new bundle.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { barePage } from './bare-page.mjs';
import { openContext } from './chromium.mjs';
import { server, temporaryFolder, triqueta } from './program.mjs';
import { until } from './wait.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CITY = join(process.env.TRIQUETA_DATA ?? join(ROOT, '../shared/data'), 'meetup-montana');
const MAPPING = join(ROOT, 'trainer/mappings/meetup-montana.toml');
const skip = existsSync(CITY) ? false : 'there is no data set meetup-montana in the folder TRIQUETA_DATA';

/** A spring day in the middle of the log, so that there are activities to come. */
const NOW_MS = Date.UTC(2014, 4, 13, 18);
const REQUESTS = [
  { nowMs: NOW_MS, seed: 5 },
  { nowMs: NOW_MS, seed: 6, limit: 40, explorationSlots: 3, diversity: 0.6 },
  { nowMs: NOW_MS, seed: 7, ranking: 'rule' },
  { nowMs: NOW_MS, seed: 8, ranking: 'popularity', filters: { localities: ['Bozeman'] } },
  { nowMs: NOW_MS, seed: 9, ranking: 'content' },
  { seed: 10, limit: 25, filters: { includePast: true } },
];

async function importCity(from, out) {
  return triqueta('import', '--mapping', MAPPING, '--from', from, '--out', out);
}

/** The same city with one more activity: in Bozeman, four days after the moment of the requests, by a group that is known. */
async function withNewActivity(folder) {
  await cp(CITY, folder, { recursive: true });
  const file = join(folder, 'events.csv');
  const rows = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const fields = rows[0].split(',');
  const known = Object.fromEntries(fields.map((field, at) => [field, rows[1].split(',')[at]]));
  const fresh = { ...known, event_id: 'new', title: 'Night of programmers', start_ms: NOW_MS + 4 * 86_400_000, city: 'Bozeman' };
  await writeFile(file, `${[...rows, fields.map((field) => fresh[field]).join(',')].join('\n')}\n`);
  return folder;
}

/** A slate with its single-precision numbers as such: one side prints as many digits as they need, the other as doubles have. */
const exact = (slate) => JSON.parse(JSON.stringify(slate), (name, value) =>
  ['score', 'display', 'value'].includes(name) ? Math.fround(value) : value);

test('the whole loop on real data, from a log to a browser and back', { skip, timeout: 1_500_000 }, async (t) => {
  const folder = await temporaryFolder(t);
  const at = (name) => join(folder, name);
  const published = ['--registry', at('registry')];
  const imported = await importCity(CITY, at('data'));
  assert.ok(imported.activities > 1_000 && imported.events > 10_000);
  const first = await triqueta('train', at('data'), '--out', at('bundle'), '--seed', '1');
  assert.equal(first.events_from_store, 0);
  const ndcg = first.metrics.find(({ metric }) => metric === 'ndcg@10');
  assert.ok(ndcg.value > ndcg.popularity && ndcg.value > ndcg.random, JSON.stringify(ndcg));
  await triqueta('publish', at('bundle'), ...published);

  await barePage(at('www'));
  const { port } = await server(t, '--bundles', at('registry'), '--store', at('events.sqlite'), '--www', at('www'), '--port', '0');
  const origin = `http://127.0.0.1:${port}`;
  const { context, errors } = await openContext(t);
  const page = await context.newPage();
  const fetched = [];
  page.on('request', (request) => fetched.push(new URL(request.url()).pathname));
  await page.goto(origin);
  const ask = (name, ...parameters) => page.evaluate(async ([method, given]) => {
    const recommender = await globalThis.opening;
    return method === 'status' ? recommender.status : recommender[method](...given);
  }, [name, parameters]);
  const metric = async (name) => {
    const text = await (await fetch(`${origin}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  };
  const isSameNatively = async (request) => {
    const trace = await ask('trace', request);
    assert.ok(trace.slate.items.length > 0, JSON.stringify(request));
    await writeFile(at('trace.json'), JSON.stringify(trace));
    const replayed = await triqueta('replay-slate', at('trace.json'), ...published);
    assert.ok(replayed.same, JSON.stringify({ request, replayed }));
    assert.equal(replayed.replayed_digest, replayed.exported_digest);
    return trace;
  };

  await t.test('the browser ranks the events of the city', async () => {
    const status = await ask('status');
    assert.equal(status.source, 'network', status.problem?.message);
    assert.equal(status.bundle, first.bundle);
    const slate = await ask('recommend', { nowMs: NOW_MS });
    assert.equal(slate.ranking, 'learned');
    assert.equal(slate.items.length, 10);
    for (const { activity, score, contributions } of slate.items) {
      assert.ok(activity.title && activity.startMs > NOW_MS);
      const sum = contributions.reduce((total, { value }) => Math.fround(total + value), 0);
      assert.equal(sum, score, 'the parts add up to the score');
    }
  });

  await t.test('a list made in Chromium is the list made natively, bit for bit', async () => {
    for (const request of REQUESTS) await isSameNatively(request);
    const { slate } = await ask('trace', { nowMs: NOW_MS, seed: 21, limit: 50, placement: 'command' });
    const options = ['--at', String(NOW_MS), '--seed', '21', '--limit', '50'];
    assert.deepEqual(exact(await triqueta('recommend', ...published, ...options)), exact(slate));
  });

  await t.test('what is done on the page moves the list and arrives in the store', async () => {
    await ask('setConsent', { grade: 'upload' });
    const request = { seed: 11, limit: 20, filters: { includePast: true } };
    const before = await ask('recommend', request);
    for (const { shown } of before.items.slice(0, 3)) await ask('record', { kind: 'impression', shown });
    const seen = before.items[2];
    await ask('record', {
      kind: 'detail_view', activity: seen.activity.id, dwell_seconds: 40, scroll_depth: 0.9, external_click: false,
      source: 'recommendation', shown: seen.shown,
    });
    for (const { activity, shown } of before.items.slice(4, 7)) {
      await ask('record', { kind: 'favourite', activity: activity.id, action: 'added', shown });
    }
    const order = ({ items }) => items.map(({ activity }) => activity.id);
    assert.notDeepEqual(order(await ask('recommend', request)), order(before));
    const { history } = await isSameNatively(request);
    assert.ok(history.includes(before.items[4].activity.id));

    await ask('flush');
    await until(async () => (await ask('knowledge')).outbox.pending === 0, 'everything is sent');
    const { outbox } = await ask('knowledge');
    assert.deepEqual([outbox.acknowledged, outbox.dropped], [7, 0]);
    assert.equal(await metric('triqueta_store_events'), 7);
    assert.equal(await metric('triqueta_events_missing'), 0);
  });

  await t.test('fresh counters reach the open page as one small file', async () => {
    fetched.length = 0;
    const counted = await triqueta('publish', '--counters', at('data'), '--events', at('events.sqlite'), ...published);
    assert.equal(await ask('sync'), true);
    assert.equal((await ask('status')).bundle, counted.bundle);
    const objects = fetched.filter((path) => path.startsWith('/bundles/objects/'));
    assert.equal(objects.length, 1, objects.join());
    assert.ok(counted.new_bytes < counted.bytes / 4, `${counted.new_bytes} of ${counted.bytes}`);
    assert.equal(await ask('sync'), false, 'there is nothing newer');
    await isSameNatively(REQUESTS[0]);
  });

  await t.test('a new activity is ranked without training', async () => {
    await importCity(await withNewActivity(at('source')), at('data-more'));
    assert.equal(await ask('activity', 'new'), null);
    const { catalogue } = await triqueta('publish', '--catalogue', at('data-more'), ...published);
    assert.deepEqual([catalogue.added, catalogue.changed, catalogue.removed], [1, 0, 0]);
    assert.equal(await ask('sync'), true);
    assert.equal((await ask('activity', 'new')).title, 'Night of programmers');
    // What starts within a fortnight fits on one list, wherever the new one ranks.
    const soon = { toMs: NOW_MS + 14 * 86_400_000 };
    const { slate } = await isSameNatively({ nowMs: NOW_MS, seed: 12, limit: 200, filters: soon });
    const found = slate.items.find(({ activity }) => activity === 'new');
    assert.ok(found, 'it is on the list');
    assert.ok(found.contributions.some(({ value }) => value !== 0));
  });

  await t.test('the next training learns from the page, and the page takes what it learned', async () => {
    const again = await triqueta('train', at('data'), '--events', at('events.sqlite'), '--out', at('bundle'), '--seed', '1');
    assert.equal(again.events_from_store, 7);
    assert.equal(again.learned_from.events, first.learned_from.events + 7);
    assert.equal(again.learned_from.positives, first.learned_from.positives + 3);
    assert.notEqual(again.bundle, first.bundle);
    const { sequence } = await triqueta('publish', at('bundle'), ...published);
    assert.equal(sequence, 4);
    assert.equal(await ask('sync'), true);
    const status = await ask('status');
    assert.deepEqual([status.source, status.bundle, status.problem], ['network', again.bundle, null]);
    assert.equal((await ask('knowledge')).interactions.length, 4, 'what the device knows outlives the bundle');
    for (const request of REQUESTS) await isSameNatively(request);
    await page.reload();
    assert.equal((await ask('status')).bundle, again.bundle);
  });

  assert.deepEqual(errors, [], 'the page had nothing to complain about');
});
