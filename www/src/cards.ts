/** One activity on the list: what, when, where, how much, why, and what you can do about it. */
import type { SlateItem } from '@triqueta/recommender';
import { dislike, like, save } from './actions.ts';
import type { Agenda } from './agenda.ts';
import { poster } from './art.ts';
import { breakdown } from './breakdown.ts';
import { h, replace } from './dom.ts';
import { leaf, price, when } from './format.ts';
import { glyph, topicGlyph, type Glyph } from './glyphs.ts';
import { currentLocale, fill, text, word } from './text/index.ts';

/** How a card asks for the detail view. */
export type OpenDetail = (item: SlateItem, at: 'top' | 'similar') => void;

/** A card that keeps its element while its place, reason and marks change. */
export class Card {
  readonly element: HTMLLIElement;
  item: SlateItem;
  readonly #agenda: Agenda;
  readonly #reason = h('p', { class: 'reason' });
  readonly #affinity = h('span', { class: 'affinity' });
  readonly #flags = h('div', { class: 'flags' });
  readonly #why: HTMLDetailsElement;
  readonly #like: HTMLButtonElement;
  readonly #save: HTMLButtonElement;

  constructor(agenda: Agenda, item: SlateItem, open: OpenDetail) {
    const { activity } = item;
    const words = text().card;
    this.#agenda = agenda;
    this.item = item;
    this.#like = action('heart', words.like, () => this.#press(this.#like, like));
    this.#save = action('bookmark', words.save, () => this.#press(this.#save, save));
    const no = action('cross', words.dislike, () => void dislike(agenda, this.item));
    const similar = action('similar', words.similar, () => open(this.item, 'similar'));
    this.#why = h(
      'details',
      { class: 'why', ontoggle: () => this.#showWhy() },
      h('summary', {}, h('span', {}, words.why), this.#affinity, glyph('chevron', 'glyph chevron')),
    );
    const date = leaf(activity);
    const titleId = `title-${activity.id}`;
    this.element = h(
      'li',
      { class: 'card', 'data-activity': activity.id },
      h(
        'article',
        { 'aria-labelledby': titleId },
        h(
          'div',
          { class: 'card-top' },
          h(
            'div',
            { class: 'card-art' },
            poster(activity, agenda.vocabulary),
            h('span', { class: 'leaf', 'aria-hidden': 'true' }, h('b', {}, date.day), h('i', {}, date.month)),
            this.#flags,
          ),
          h(
            'div',
            { class: 'card-head' },
            h('p', { class: 'kicker' }, ...kicker(item), h('span', { class: activity.free ? 'price price-free' : 'price' }, price(activity))),
            h('h3', { id: titleId }, h('button', { type: 'button', class: 'card-title', onclick: () => open(this.item, 'top') }, activity.title)),
          ),
        ),
        h('p', { class: 'meta' }, glyph('clock'), h('span', {}, when(activity, Date.now()))),
        h('p', { class: 'meta' }, glyph('pin'), h('span', {}, place(item))),
        activity.tags.length > 0 && h('ul', { class: 'tags' }, ...activity.tags.slice(0, 4).map((tag) => h('li', {}, tag))),
        this.#reason,
        this.#why,
        h('div', { class: 'actions', role: 'group', 'aria-label': fill(words.actionsFor, { title: activity.title }) },
          ...(agenda.learns ? [this.#like, no, this.#save, similar] : [similar])),
      ),
    );
    this.update(item);
  }

  /** Shows the item as it stands on the new list. `rose` is by how many places it went up. */
  update(item: SlateItem, rose = 0): void {
    this.item = item;
    const words = text().card;
    replace(this.#reason, glyph('spark'), h('span', {}, currentLocale() === 'en' ? item.reason.english : item.reason.text));
    const affinity = Math.round(item.display);
    replace(this.#affinity, h('span', { 'aria-hidden': 'true' }, String(affinity)), h('span', { class: 'visually-hidden' }, fill(words.affinity, { n: affinity })));
    this.#affinity.style.setProperty('--affinity', String(Math.max(0, Math.min(affinity, 100)) / 100));
    replace(
      this.#flags,
      item.slot === 'exploration' && h('span', { class: 'flag', title: words.exploreHelp }, glyph('spark'), words.explore),
      rose > 0 && h('span', { class: 'flag flag-rose', 'aria-hidden': 'true' }, `▲ ${rose}`),
    );
    mark(this.#like, item.liked, words.like);
    mark(this.#save, item.favourite, item.favourite ? words.saved : words.save);
    this.#showWhy();
  }

  #showWhy(): void {
    for (const old of this.#why.querySelectorAll('.breakdown')) old.remove();
    if (this.#why.open) this.#why.append(breakdown(this.item));
  }

  /** The button answers before the list does. */
  #press(button: HTMLButtonElement, act: (agenda: Agenda, item: SlateItem) => Promise<void>): void {
    button.setAttribute('aria-pressed', String(button.getAttribute('aria-pressed') !== 'true'));
    void act(this.#agenda, this.item);
  }
}

/** Type and level, as small words above the title. */
export function kicker({ activity }: SlateItem): Node[] {
  if (activity.type === null || activity.type === undefined) return [h('span', {})];
  return [h('span', { class: 'type' }, glyph(topicGlyph(activity.type)), word(activity.type))];
}

/** Locality and address, or that they are unknown. */
export function place({ activity }: SlateItem): string {
  return [activity.locality, activity.address].filter(Boolean).join(' · ') || text().card.placeUnknown;
}

/** A button with an icon above its word. */
export function action(icon: Glyph, words: string, press: () => void): HTMLButtonElement {
  return h('button', { type: 'button', class: 'action', onclick: press }, glyph(icon), h('span', {}, words));
}

/** Shows whether a button is on. */
export function mark(button: HTMLButtonElement, on: boolean, words: string): void {
  button.setAttribute('aria-pressed', String(on));
  const span = button.querySelector('span');
  if (span) span.textContent = words;
}
