/**
 * Which activities pass the filters, and in which order, when no engine runs.
 *
 * A deliberately plain reading of the present rule: up to three shared tags at 10 points each, 5 for the locality, 3 for
 * the level; what ties keeps the order of the list, which is by popularity.
 */
import type { ActivityCard, Contribution, Filters, Profile, Reason } from './types.js';

const EARTH_KM = 6371;

/** An activity with its points. */
export interface Scored {
  readonly activity: ActivityCard;
  readonly contributions: Contribution[];
  readonly score: number;
  readonly reason: Reason;
}

/** Whether an activity passes every filter. */
export function passes(activity: ActivityCard, filters: Filters, nowMs: number): boolean {
  const { types, localities, tags, maxPrice, fromMs, toMs, within, query } = filters;
  if (!filters.includePast && (activity.endMs ?? activity.startMs) < nowMs) return false;
  if (types?.length && !includes(types, activity.type)) return false;
  if (localities?.length && !includes(localities, activity.locality)) return false;
  if (tags?.length && !tags.some((tag) => activity.tags.includes(tag))) return false;
  if (filters.free && !activity.free) return false;
  if (maxPrice !== undefined && (activity.price === null || activity.price > maxPrice)) return false;
  if (fromMs !== undefined && activity.startMs < fromMs) return false;
  if (toMs !== undefined && activity.startMs >= toMs) return false;
  if (within && distanceKm(activity, within) > within.km) return false;
  return !filters.exclude?.includes(activity.id) && (!query || matches(activity, query));
}

/** The list in the order to show it. */
export function order(activities: readonly ActivityCard[], profile: Profile): Scored[] {
  return activities
    .map((activity, rank) => ({ scored: score(activity, profile), rank }))
    .sort((left, right) => right.scored.score - left.scored.score || left.rank - right.rank)
    .map(({ scored }) => scored);
}

/** Activities like one: same type and shared tags first. */
export function orderBySimilarity(activities: readonly ActivityCard[], like: ActivityCard): Scored[] {
  return order(activities, { tags: [...like.tags], availability: [], ...(like.locality ? { locality: like.locality } : {}) })
    .map((scored) => ({ scored, same: scored.activity.type === like.type ? 1 : 0 }))
    .sort((left, right) => right.scored.score + 5 * right.same - left.scored.score - 5 * left.same)
    .map(({ scored }) => scored);
}

function score(activity: ActivityCard, profile: Profile): Scored {
  const shared = profile.tags.filter((tag) => activity.tags.includes(tag));
  const near = !!profile.locality && profile.locality === activity.locality;
  const level = !!profile.level && profile.level === activity.level;
  const contributions = [
    { component: 'tags', value: Math.min(10 * shared.length, 30) },
    { component: 'locality', value: near ? 5 : 0 },
    { component: 'level', value: level ? 3 : 0 },
  ];
  return {
    activity,
    contributions,
    score: contributions.reduce((sum, part) => sum + part.value, 0),
    reason: reason(activity, shared, near),
  };
}

function reason(activity: ActivityCard, shared: string[], near: boolean): Reason {
  if (shared.length) {
    const tags = shared.slice(0, 3);
    return {
      code: 'TAGS',
      text: `Coincide con tus gustos: ${tags.join(', ')}.`,
      english: `Matches your interests: ${tags.join(', ')}.`,
    };
  }
  if (near) {
    return { code: 'LOCALITY', text: `Queda en ${activity.locality}.`, english: `It is in ${activity.locality}.` };
  }
  return { code: 'POPULAR', text: 'De las más populares de la ciudad.', english: 'One of the most popular in the city.' };
}

function matches(activity: ActivityCard, query: string): boolean {
  const text = plain([activity.title, activity.organiser, activity.locality, ...activity.tags].join(' '));
  return plain(query).split(/\s+/).filter(Boolean).every((word) => text.includes(word));
}

function includes(allowed: readonly string[], value: string | null): boolean {
  return value !== null && allowed.includes(value);
}

function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

function distanceKm(activity: ActivityCard, point: { lat: number; lon: number }): number {
  if (activity.lat === null || activity.lon === null) return Infinity;
  const radians = Math.PI / 180;
  const east = (activity.lon - point.lon) * radians * Math.cos(((activity.lat + point.lat) / 2) * radians);
  return EARTH_KM * Math.hypot(east, (activity.lat - point.lat) * radians);
}
