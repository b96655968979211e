/** The ranked list: it keeps the cards it can, slides them to their new places, and says in words what changed. */
import type { Slate } from '@triqueta/recommender';
import type { Views } from '@triqueta/recommender/tracking';
import type { Agenda, Cause, View } from './agenda.ts';
import { announce } from './announce.ts';
import { Card, type OpenDetail } from './cards.ts';
import { h, replace } from './dom.ts';
import { places, reorder, slide } from './motion.ts';
import { fill, plural, text } from './text/index.ts';

/** The section with the list. */
export class ListSection {
  readonly element: HTMLElement;
  readonly #agenda: Agenda;
  readonly #seen: Views;
  readonly #open: OpenDetail;
  readonly #cards = new Map<string, Card>();
  readonly #list = h('ol', { class: 'cards' });
  readonly #count = h('p', { class: 'count' });
  readonly #foot = h('div', { class: 'list-foot' });
  readonly #empty = h('div', { class: 'empty', hidden: true });
  readonly #views = new Map<View, HTMLButtonElement>();

  constructor(agenda: Agenda, seen: Views, open: OpenDetail) {
    this.#agenda = agenda;
    this.#seen = seen;
    this.#open = open;
    const words = text().list;
    const view = (name: View, label: string): HTMLButtonElement => {
      const button = h('button', { type: 'button', class: 'view', onclick: () => void agenda.show(name) }, label);
      this.#views.set(name, button);
      return button;
    };
    this.element = h(
      'section',
      { class: 'list', 'aria-labelledby': 'list-heading' },
      h(
        'div',
        { class: 'list-head' },
        h('h2', { id: 'list-heading', class: 'visually-hidden', tabindex: '-1' }, words.heading),
        agenda.learns && h('div', { class: 'views', role: 'group', 'aria-label': words.views }, view('forYou', words.forYou), view('saved', words.saved)),
        this.#count,
      ),
      this.#empty,
      this.#list,
      this.#foot,
    );
    agenda.onList = (slate, cause) => this.show(slate, cause);
  }

  /** Shows a new list. */
  show(slate: Slate, cause: Cause): void {
    const first = this.#cards.size === 0;
    const before = places(this.#list);
    const old = new Map([...this.#cards.keys()].map((id, position) => [id, position]));
    const cards = slate.items.map((item, position) => {
      const known = this.#cards.get(item.activity.id);
      const rose = cause.acted ? Math.max(0, (old.get(item.activity.id) ?? position) - position) : 0;
      known?.update(item, rose);
      return known ?? new Card(this.#agenda, item, this.#open);
    });
    this.#cards.clear();
    for (const card of cards) this.#cards.set(card.item.activity.id, card);
    reorder(this.#list, cards.map((card) => card.element));
    if (!first) slide(this.#list, before);
    this.#around(slate);
    this.#seen.show(slate, cards.map((card) => card.element));
    if (!first && !cause.quiet) announce(this.#sentence(slate, cause));
  }

  #around(slate: Slate): void {
    const words = text().list;
    const { view, hasMore } = this.#agenda;
    for (const [name, button] of this.#views) button.setAttribute('aria-pressed', String(name === view));
    const count = plural(slate.total, words.count_one, words.count_other);
    replace(this.#count, h('span', {}, count), this.#agenda.learns && h('span', { class: 'ranked-here' }, words.rankedHere));
    replace(
      this.#foot,
      slate.items.length > 0 && slate.total > slate.items.length && h('p', {}, fill(words.shown, { shown: slate.items.length, total: slate.total })),
      hasMore && h('button', { type: 'button', class: 'button', onclick: () => void this.#more() }, words.more),
    );
    this.#empty.hidden = slate.items.length > 0;
    if (slate.items.length) return;
    const nothing = this.#agenda.recommender.status.problem?.code === 'FALLBACK_UNAVAILABLE';
    const [title, help] = view === 'saved'
      ? [words.emptySaved, words.emptySavedHelp]
      : nothing ? [words.unavailable, words.unavailableHelp] : [words.empty, words.emptyHelp];
    replace(
      this.#empty,
      h('p', { class: 'empty-title' }, title),
      h('p', {}, help),
      nothing && h('button', { type: 'button', class: 'button', onclick: () => location.reload() }, words.retry),
    );
  }

  async #more(): Promise<void> {
    const shown = this.#cards.size;
    await this.#agenda.more();
    const next = [...this.#cards.values()][shown];
    next?.element.querySelector<HTMLElement>('.card-title')?.focus();
  }

  #sentence(slate: Slate, { acted }: Cause): string {
    const words = text().list;
    if (!acted) return `${words.updated} ${plural(slate.total, words.count_one, words.count_other)}.`;
    const position = slate.items.findIndex((item) => item.activity.id === acted.id);
    const moved = position < 0 ? fill(words.leftList, { title: acted.title }) : fill(words.movedTo, { title: acted.title, position: position + 1 });
    return `${words.updated} ${moved}`;
  }
}
