import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActivityCard } from '@triqueta/recommender';
import { cityDate, cityDay, leaf, money, number, price, when, whenLong } from '../src/format.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 22, 1, 30);
const CARD: ActivityCard = {
  id: 'a', title: 'Jazz', description: '', type: 'cultura', tags: [], locality: null, level: null, address: '', lat: null,
  lon: null, startMs: START, endMs: START + 2 * HOUR, price: 20_000, free: false, organiser: null, series: null, link: null,
  image: null,
};
const plain = (words: string): string => words.replaceAll(/\s/g, ' ');

test('times are on the city\'s clock', () => {
  assert.equal(plain(when(CARD, START - 90 * HOUR)), 'Sáb 21 de nov · 8:30 a 10:30 p. m.');
  assert.equal(plain(whenLong(CARD)), 'Sábado, 21 de noviembre de 2026, 8:30 a 10:30 p. m.');
  assert.deepEqual(leaf(CARD), { day: '21', month: 'nov' });
});

test('a card that says its city\'s offset needs no time zone of ours', () => {
  assert.equal(leaf({ ...CARD, offsetMinutes: 60 }).day, '22');
});

test('today and tomorrow are called so', () => {
  assert.match(when(CARD, START - HOUR), /^Hoy · /);
  assert.match(when(CARD, START - 24 * HOUR), /^Mañana · /);
});

test('an end that is missing, earlier or days away is left out', () => {
  for (const endMs of [null, START - HOUR, START + 80 * HOUR]) {
    assert.match(plain(when({ ...CARD, endMs }, START - HOUR)), /· 8:30 p\. m\.$/);
  }
});

test('prices: free, in pesos, unknown', () => {
  assert.equal(price({ ...CARD, free: true, price: 0 }), 'Gratis');
  assert.equal(plain(price(CARD)), '$ 20.000');
  assert.equal(price({ ...CARD, price: null }), 'Precio por confirmar');
  assert.equal(plain(money(0)), '$ 0');
});

test('numbers of a score never read "-0"', () => {
  assert.equal(number(-0.001), '0,00');
  assert.equal(number(-1.234), '-1,23');
});

test('a date field gives midnight in the city; what is no date gives nothing', () => {
  assert.equal(cityDate('2026-11-22'), Date.UTC(2026, 10, 22, 5));
  assert.equal(cityDate(''), null);
  assert.equal(cityDay(START), Date.UTC(2026, 10, 21, 5));
});
