import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { activity, serve } from './support.mjs';

test("the README's example runs as written, here on the plain list", async (context) => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```js\n([\s\S]+?)```/.exec(readme)?.[1];
  assert.ok(example, 'the README has a js example');
  assert.ok(example.trim().split('\n').length <= 10, 'and it is short');

  const coming = activity('a', { title: 'Jazz al parque', startMs: Date.now() + 86_400_000, endMs: null });
  const origin = await serve(context, { '/bundles/fallback.json': { activities: [coming] } });
  const printed = [];
  context.mock.method(console, 'log', (...words) => printed.push(words.join(' ')));
  context.mock.method(console, 'warn', () => {});
  const source = example
    .replaceAll('http://localhost:8080', origin)
    .replace("'@triqueta/recommender'", `'${new URL('../dist/node.js', import.meta.url)}'`);
  await import(`data:text/javascript,${encodeURIComponent(source)}`);
  assert.ok(printed.some((line) => line.includes('Jazz al parque')), printed.join('\n'));
});
