import assert from 'node:assert/strict';
import { test } from 'node:test';
import { en } from '../src/text/en.ts';
import { es } from '../src/text/es.ts';
import { fill, label, plural, word } from '../src/text/index.ts';

type Words = { [key: string]: string | Words };

test('both languages have the same keys, the same places to fill, and no empty sentence', () => {
  const compare = (left: Words, right: Words, path: string): void => {
    assert.deepEqual(Object.keys(left).sort(), Object.keys(right).sort(), path);
    for (const [key, value] of Object.entries(left)) {
      const other = right[key];
      if (typeof value === 'string' && typeof other === 'string') {
        assert.ok(value.trim() && other.trim(), `${path}.${key} is empty`);
        assert.deepEqual(places(value), places(other), `${path}.${key}`);
      } else {
        compare(value as Words, other as Words, `${path}.${key}`);
      }
    }
  };
  compare(es, en, 'text');
});

test('words of the data that nobody wrote down read as the data has them', () => {
  assert.equal(word('recreacion'), 'Recreación');
  assert.equal(word('tejido_social'), 'Tejido social');
  assert.equal(label(es.components, 'new_component'), 'new component');
});

test('sentences are filled and counted', () => {
  assert.equal(fill('{a} de {b}', { a: 1, b: 'dos' }), '1 de dos');
  assert.equal(plural(1, es.list.count_one, es.list.count_other), '1 plan');
  assert.equal(plural(1234, es.list.count_one, es.list.count_other), '1234 planes');
});

const places = (sentence: string): string[] => (sentence.match(/\{\w+\}/g) ?? []).sort();
