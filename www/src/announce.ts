/** Words for people who cannot see the list move: one polite live region for the whole page. */
import { h } from './dom.ts';

const region = h('div', { class: 'visually-hidden', role: 'status', 'aria-live': 'polite' });

/** Adds the region to the page. It must be there before the first announcement. */
export function mountAnnouncer(parent: Element): void {
  parent.append(region);
}

/** Says a sentence. The same sentence twice is said twice. */
export function announce(sentence: string): void {
  region.textContent = region.textContent === sentence ? `${sentence}\u00a0` : sentence;
}
