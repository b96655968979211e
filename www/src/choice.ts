/** What the visitor asked the list to be limited to, and how that becomes the engine's filters. */
import type { Filters, Profile } from '@triqueta/recommender';
import { cityDate, cityDay, cityWeekday } from './format.ts';

/** Which days. */
export type Days = 'any' | 'today' | 'tomorrow' | 'weekend' | 'week' | 'custom';

/** The state of the filter panel. */
export interface Choice {
  query: string;
  types: string[];
  locality: string | null;
  days: Days;
  /** `YYYY-MM-DD`, with `days: 'custom'`. */
  from: string;
  to: string;
  /** `null`: any price; 0: free; otherwise an upper limit. */
  maxPrice: number | null;
  /** Kilometres from the visitor; needs the location opt-in. */
  km: number | null;
}

/** Nothing chosen. */
export function noChoice(): Choice {
  return { query: '', types: [], locality: null, days: 'any', from: '', to: '', maxPrice: null, km: null };
}

/** How many filters are on, the search aside. */
export function active(choice: Choice): number {
  return [
    choice.types.length > 0, choice.locality !== null, choice.days !== 'any', choice.maxPrice !== null, choice.km !== null,
  ].filter(Boolean).length;
}

/** The engine's filters for a choice made now. */
export function toFilters(choice: Choice, profile: Profile, nowMs: number): Filters {
  const [fromMs, toMs] = range(choice, nowMs);
  const query = choice.query.trim();
  return {
    ...(query ? { query } : {}),
    ...(choice.types.length ? { types: choice.types } : {}),
    ...(choice.locality === null ? {} : { localities: [choice.locality] }),
    ...(fromMs === null ? {} : { fromMs }),
    ...(toMs === null ? {} : { toMs }),
    ...(choice.maxPrice === 0 ? { free: true } : {}),
    ...(choice.maxPrice ? { maxPrice: choice.maxPrice } : {}),
    ...(choice.km !== null && profile.location ? { within: { ...profile.location, km: choice.km } } : {}),
  };
}

/** Start and end of the chosen days on the city's clock. */
export function range(choice: Choice, nowMs: number): [from: number | null, to: number | null] {
  switch (choice.days) {
    case 'any':
      return [null, null];
    case 'today':
      return [cityDay(nowMs), cityDay(nowMs, 1)];
    case 'tomorrow':
      return [cityDay(nowMs, 1), cityDay(nowMs, 2)];
    case 'week':
      return [cityDay(nowMs), cityDay(nowMs, 7)];
    case 'weekend': {
      const weekday = cityWeekday(nowMs);
      const saturday = weekday === 6 ? -1 : 5 - weekday;
      return [cityDay(nowMs, saturday), cityDay(nowMs, saturday + 2)];
    }
    case 'custom': {
      const last = cityDate(choice.to);
      return [cityDate(choice.from), last === null ? null : cityDay(last, 1)];
    }
  }
}

/** A change of filters as events carry it: names and values as text. */
export function asParameters(change: Partial<Choice>): Record<string, string> {
  return Object.fromEntries(Object.entries(change).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : String(value ?? '')]));
}
