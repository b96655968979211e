// The package outside a browser: the examples of both READMEs as written, under Node, with the engine and a served bundle.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { registry } from './registry.mjs';
import { serveSite } from './site.mjs';

const PACKAGE = new URL('../../pkg/', import.meta.url);

const READMES = { 'the project': new URL('../../README.md', import.meta.url), 'the package': new URL('README.md', PACKAGE) };

for (const [whose, file] of Object.entries(READMES)) test(`the README example of ${whose} recommends and learns under Node`, async (t) => {
  const site = await serveSite(t, { bundles: await registry() });
  const readme = await readFile(file, 'utf8');
  const example = /```js\n([\s\S]+?)```/.exec(readme)[1]
    .replaceAll('http://localhost:8080', site.origin)
    // A page's own addresses, which Node has not.
    .replaceAll(/'(\/(?:bundles|v1)\/[^']+)'/g, `'${site.origin}$1'`)
    .replace("'@triqueta/recommender'", `'${new URL('dist/node.js', PACKAGE)}'`);
  const printed = [];
  t.mock.method(console, 'log', (...words) => printed.push(words.join(' ')));
  await import(`data:text/javascript,${encodeURIComponent(`${example}\nconsole.log(recommender.status.source);recommender.close();`)}`);
  assert.equal(printed.length, 6, 'five recommendations and the source');
  for (const line of printed.slice(0, 5)) assert.match(line, /\S+ · \S+/);
  assert.equal(printed[5], 'network', 'the engine ranked, not the plain list');
});

test('the example of the module that only ranks does so under Node, and the history it hands out goes on', async (t) => {
  const site = await serveSite(t, { bundles: await registry() });
  const readme = await readFile(READMES['the package'], 'utf8');
  const example = /## Ranking alone[\s\S]+?```js\n([\s\S]+?)```/.exec(readme)[1]
    .replaceAll('http://localhost:8080', site.origin)
    .replace("'@triqueta/recommender/ranking'", `'${new URL('dist/ranking/node.js', PACKAGE)}'`);
  const printed = [];
  t.mock.method(console, 'log', (...words) => printed.push(words.join(' ')));
  const after = 'ranker.setVisitor({ history }); console.log(Object.keys(JSON.parse(ranker.history()).entries).length); ranker.close();';
  await import(`data:text/javascript,${encodeURIComponent(`${example}\n${after}`)}`);
  assert.equal(printed.length, 6, 'five recommendations and how much is remembered');
  for (const line of printed.slice(0, 5)) assert.match(line, /\S+ · \S+/);
  assert.equal(printed[5], '1');
});

test('a request that asks the recommender something while it is read gets its list', async (t) => {
  const site = await serveSite(t, { bundles: await registry() });
  const { Recommender } = await import(new URL('dist/node.js', PACKAGE));
  const recommender = await Recommender.open({ channel: `${site.origin}/bundles/channel.json`, storage: 'memory' });
  t.after(() => recommender.close());
  const request = {
    limit: 3,
    get filters() {
      return { tags: recommender.profile().tags };
    },
  };
  for (const time of ['first', 'second']) assert.equal((await recommender.recommend(request)).items.length, 3, `the ${time} time`);
});
