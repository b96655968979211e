/** Why an activity has its score: one bar a component, to the right of zero when it adds, to the left when it takes away. */
import type { SlateItem } from '@triqueta/recommender';
import { h } from './dom.ts';
import { number } from './format.ts';
import { label, text } from './text/index.ts';

/** The bars and their sum. */
export function breakdown(item: SlateItem): HTMLElement {
  const values = item.contributions.map((part) => part.value);
  const lowest = Math.min(0, ...values);
  const span = Math.max(0, ...values) - lowest || 1;
  const words = text();
  const rows = item.contributions.map((part) => {
    const bar = h('span', { class: part.value < 0 ? 'bar bar-minus' : 'bar' });
    bar.style.setProperty('--start', String((Math.min(0, part.value) - lowest) / span));
    bar.style.setProperty('--share', String(Math.abs(part.value) / span));
    return h(
      'tr',
      {},
      h('th', { scope: 'row' }, label(words.components, part.component)),
      h('td', { class: 'bar-cell', 'aria-hidden': 'true' }, bar),
      h('td', { class: 'bar-value' }, number(part.value)),
    );
  });
  const sum = h(
    'tr',
    { class: 'bar-sum' },
    h('th', { scope: 'row' }, words.breakdown.sum),
    h('td', { 'aria-hidden': 'true' }),
    h('td', { class: 'bar-value' }, number(item.score)),
  );
  return h(
    'div',
    { class: 'breakdown' },
    h('table', {}, h('caption', { class: 'visually-hidden' }, words.breakdown.title), h('tbody', {}, ...rows, sum)),
    h('p', { class: 'note' }, words.breakdown.note),
  );
}
