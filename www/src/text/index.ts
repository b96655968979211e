/** Which words to show: one module a language, all with the same keys, and a small way to fill them in. */
import { en } from './en.ts';
import { es } from './es.ts';

/** What every language has. */
export type Text = typeof es;
/** The languages of the page. */
export type Locale = 'es' | 'en';

const TEXTS: Record<Locale, Text> = { es, en };
const REMEMBERED = 'triqueta-language';
let locale: Locale = 'es';

/** The words in the language in force. */
export function text(): Text {
  return TEXTS[locale];
}

/** The language in force. */
export function currentLocale(): Locale {
  return locale;
}

/** Changes the language of the page, for this visit and, where the browser allows, this tab's next loads. */
export function setLocale(next: Locale): void {
  locale = next;
  document.documentElement.lang = next;
  try {
    sessionStorage.setItem(REMEMBERED, next);
  } catch {
    // A browser without storage asks again next time; nothing is lost.
  }
}

/** Spanish unless this tab chose otherwise. */
export function initialLocale(): Locale {
  try {
    return sessionStorage.getItem(REMEMBERED) === 'en' ? 'en' : 'es';
  } catch {
    return 'es';
  }
}

/** Fills `{name}` places. */
export function fill(sentence: string, values: Record<string, string | number>): string {
  return sentence.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** Picks the singular or plural sentence and fills its `{n}`. */
export function plural(n: number, one: string, other: string): string {
  return n === 1 ? one : fill(other, { n: new Intl.NumberFormat(locale).format(n) });
}

/** How a word of the data reads; as the data has it, with a capital, when nobody wrote it down. */
export function word(value: string): string {
  const known = (text().words as Record<string, string>)[value];
  return known ?? value.charAt(0).toLocaleUpperCase(locale) + value.slice(1).replaceAll('_', ' ');
}

/** The label of a code, or the code itself in readable form. */
export function label(labels: Record<string, string>, code: string): string {
  return labels[code] ?? code.replaceAll('_', ' ');
}
