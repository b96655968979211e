import assert from 'node:assert/strict';
import { test } from 'node:test';
import { active, asParameters, noChoice, range, toFilters } from '../src/choice.ts';

/** Saturday 21 November 2026, 20:30 in Bogotá: already Sunday in UTC. */
const SATURDAY_EVENING = Date.UTC(2026, 10, 22, 1, 30);
const bogota = (day: number, hour = 0): number => Date.UTC(2026, 10, day, hour + 5);
const NOBODY = { tags: [], availability: [] };

test('days begin and end at midnight in the city, whatever clock the device has', () => {
  const days = (choice: Partial<ReturnType<typeof noChoice>>) => range({ ...noChoice(), ...choice }, SATURDAY_EVENING);
  assert.deepEqual(days({}), [null, null]);
  assert.deepEqual(days({ days: 'today' }), [bogota(21), bogota(22)]);
  assert.deepEqual(days({ days: 'tomorrow' }), [bogota(22), bogota(23)]);
  assert.deepEqual(days({ days: 'week' }), [bogota(21), bogota(28)]);
  assert.deepEqual(days({ days: 'weekend' }), [bogota(21), bogota(23)]);
  assert.deepEqual(days({ days: 'custom', from: '2026-11-24', to: '2026-11-24' }), [bogota(24), bogota(25)]);
  assert.deepEqual(days({ days: 'custom' }), [null, null], 'empty date fields limit nothing');
});

test('the weekend is this one until Sunday is over, and the next one from Monday on', () => {
  const weekend = (day: number) => range({ ...noChoice(), days: 'weekend' }, bogota(day, 9));
  assert.deepEqual(weekend(20), [bogota(21), bogota(23)], 'Friday');
  assert.deepEqual(weekend(22), [bogota(21), bogota(23)], 'Sunday');
  assert.deepEqual(weekend(23), [bogota(28), bogota(30)], 'Monday');
});

test('a choice becomes only the filters it names', () => {
  assert.deepEqual(toFilters(noChoice(), NOBODY, SATURDAY_EVENING), {});
  const choice = { ...noChoice(), query: ' jazz ', types: ['cultura'], locality: 'Chapinero', maxPrice: 20_000 };
  assert.deepEqual(toFilters(choice, NOBODY, SATURDAY_EVENING), {
    query: 'jazz', types: ['cultura'], localities: ['Chapinero'], maxPrice: 20_000,
  });
  assert.deepEqual(toFilters({ ...noChoice(), maxPrice: 0 }, NOBODY, SATURDAY_EVENING), { free: true });
});

test('distance needs a position', () => {
  const near = { ...noChoice(), km: 5 };
  assert.equal(toFilters(near, NOBODY, SATURDAY_EVENING).within, undefined);
  const here = { lat: 4.6, lon: -74.07 };
  assert.deepEqual(toFilters(near, { ...NOBODY, location: here }, SATURDAY_EVENING).within, { ...here, km: 5 });
});

test('the count of active filters leaves the search out', () => {
  assert.equal(active({ ...noChoice(), query: 'jazz' }), 0);
  assert.equal(active({ ...noChoice(), days: 'today', maxPrice: 0, types: ['cultura', 'deporte'] }), 3);
});

test('a change of filters travels as text', () => {
  assert.deepEqual(asParameters({ types: ['cultura', 'deporte'], locality: null, km: 5 }), { types: 'cultura,deporte', locality: '', km: '5' });
});
