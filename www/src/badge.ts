/** A number in a circle, with its whole sentence for those who listen. */
import { h, replace } from './dom.ts';
import { plural } from './text/index.ts';

/** Shows the number; nothing for 0. */
export function showCount(badge: HTMLElement, n: number, one: string, other: string): void {
  replace(badge, n > 0 && h('span', { 'aria-hidden': 'true' }, n), n > 0 && h('span', { class: 'visually-hidden' }, plural(n, one, other)));
}
