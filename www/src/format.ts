/**
 * How times and prices read. Times are on the city's clock, never the device's: a visitor who plans from abroad sees the
 * hour at the door.
 */
import type { ActivityCard } from '@triqueta/recommender';
import { CITY } from './city.ts';
import { currentLocale, text } from './text/index.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();
let currency: string = CITY.currency;

/** Uses the currency of the bundle's city. */
export function useCurrency(code: string | undefined): void {
  if (code && /^[A-Z]{3}$/.test(code)) currency = code;
}

/** Local time minus UTC in the city, in milliseconds, by the city's time zone. */
export function cityOffsetMs(timeMs: number): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: CITY.timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric',
    minute: 'numeric', second: 'numeric',
  }).formatToParts(timeMs);
  const part = (type: string): number => Number(parts.find((found) => found.type === type)?.value ?? 0);
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return local - Math.floor(timeMs / 1000) * 1000;
}

/** Midnight in the city at the start of the day `days` after that of `timeMs`. */
export function cityDay(timeMs: number, days = 0): number {
  const local = Math.floor((timeMs + cityOffsetMs(timeMs)) / DAY_MS) + days;
  const guess = local * DAY_MS - cityOffsetMs(timeMs);
  return local * DAY_MS - cityOffsetMs(guess);
}

/** Weekday in the city, Monday = 0. */
export function cityWeekday(timeMs: number): number {
  return (Math.floor((timeMs + cityOffsetMs(timeMs)) / DAY_MS) + 3) % 7;
}

/** Midnight in the city of a `YYYY-MM-DD` from a date field; `null` when it is not one. */
export function cityDate(isoDay: string): number | null {
  const utc = Date.parse(`${isoDay}T00:00:00Z`);
  return Number.isNaN(utc) ? null : utc - cityOffsetMs(utc);
}

/** "sáb 21 nov · 7:30 p. m. – 9:00 p. m.", with "hoy" and "mañana" where they apply. */
export function when(activity: ActivityCard, nowMs: number): string {
  const start = shifted(activity, activity.startMs);
  return `${day(start, shifted(activity, nowMs))} · ${hours(activity)}`;
}

/** The long form, for the detail view. */
export function whenLong(activity: ActivityCard): string {
  const start = shifted(activity, activity.startMs);
  return `${capital(format({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }, start))}, ${hours(activity)}`;
}

/** Day of the month and short month, for the calendar leaf. */
export function leaf(activity: ActivityCard): { day: string; month: string } {
  const start = shifted(activity, activity.startMs);
  return { day: format({ day: 'numeric' }, start), month: format({ month: 'short' }, start).replace('.', '') };
}

/** "Gratis", "$ 20.000", or that it is unknown. */
export function price(activity: ActivityCard): string {
  if (activity.free) return text().card.free;
  return activity.price === null || activity.price === undefined ? text().card.priceUnknown : money(activity.price);
}

/** An amount in the city's currency. */
export function money(amount: number): string {
  return new Intl.NumberFormat(currentLocale() === 'es' ? 'es-CO' : 'en-US', {
    style: 'currency', currency, maximumFractionDigits: 0, currencyDisplay: 'narrowSymbol',
  }).format(amount);
}

/** A score or a part of it. */
export function number(value: number): string {
  const rounded = Math.round(value * 100) / 100 || 0;
  return new Intl.NumberFormat(language(), { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(rounded);
}

/** Date and hour of something the visitor did, on their own clock. */
export function moment(timeMs: number): string {
  return new Intl.DateTimeFormat(language(), { dateStyle: 'medium', timeStyle: 'short' }).format(timeMs);
}

function hours(activity: ActivityCard): string {
  const clock: Intl.DateTimeFormatOptions = { hour: 'numeric', minute: '2-digit', hour12: true };
  const start = shifted(activity, activity.startMs);
  const { endMs } = activity;
  if (!endMs || endMs <= activity.startMs || endMs - activity.startMs > DAY_MS) return together(formatter(clock).format(start));
  return together(formatter(clock).formatRange(start, shifted(activity, endMs)));
}

/** Keeps "3:00 p. m." on one line. */
function together(words: string): string {
  return words.replace(/\s(?=[ap]\.?\s?m)/gi, '\u00a0').replace(/([ap]\.)\s(?=m)/gi, '$1\u00a0');
}

function day(startMs: number, nowMs: number): string {
  const days = Math.floor(startMs / DAY_MS) - Math.floor(nowMs / DAY_MS);
  if (days === 0 || days === 1) return capital(new Intl.RelativeTimeFormat(language(), { numeric: 'auto' }).format(days, 'day'));
  return capital(format({ weekday: 'short', day: 'numeric', month: 'short' }, startMs).replaceAll(',', ''));
}

/** The time as if the city's clock were UTC, so that formatting needs no time zone of its own. */
function shifted(activity: ActivityCard, timeMs: number): number {
  const offset = activity.offsetMinutes;
  return timeMs + (offset === undefined || offset === null ? cityOffsetMs(timeMs) : offset * MINUTE_MS);
}

function format(options: Intl.DateTimeFormatOptions, shiftedMs: number): string {
  return formatter(options).format(shiftedMs);
}

function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language() + JSON.stringify(options);
  let made = formats.get(key);
  if (!made) formats.set(key, (made = new Intl.DateTimeFormat(language(), { ...options, timeZone: 'UTC' })));
  return made;
}

function language(): string {
  return currentLocale() === 'es' ? 'es-CO' : 'en-US';
}

function capital(words: string): string {
  return words.charAt(0).toLocaleUpperCase(language()) + words.slice(1);
}
