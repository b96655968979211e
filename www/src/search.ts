/** The search field. A search is recorded when it is over, with what was opened from it. */
import type { Searches } from '@triqueta/recommender/tracking';
import type { Agenda } from './agenda.ts';
import { asParameters } from './choice.ts';
import { h } from './dom.ts';
import { glyph } from './glyphs.ts';
import { text } from './text/index.ts';

const PAUSE_MS = 250;

/** The field, and what the visitor does with it. */
export class SearchField {
  readonly element: HTMLElement;
  readonly #agenda: Agenda;
  readonly #searches: Searches;
  #timer = 0;

  constructor(agenda: Agenda, searches: Searches) {
    this.#agenda = agenda;
    this.#searches = searches;
    const words = text().filters;
    const input = h('input', {
      type: 'search', id: 'search', placeholder: words.searchHint, autocomplete: 'off', enterkeyhint: 'search', value: agenda.choice.query,
      oninput: () => this.#typed(input.value),
    });
    this.element = h(
      'form',
      { class: 'search', role: 'search', onsubmit: (event: SubmitEvent) => { event.preventDefault(); void this.#ask(input.value); } },
      h('label', { for: 'search', class: 'visually-hidden' }, words.search),
      glyph('search'),
      input,
    );
  }

  #typed(query: string): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#ask(query), PAUSE_MS);
  }

  async #ask(query: string): Promise<void> {
    clearTimeout(this.#timer);
    const asked = query.trim();
    if (asked === this.#agenda.choice.query) return;
    await this.#agenda.choose({ query: asked });
    const { query: _query, ...filters } = this.#agenda.choice;
    this.#searches.begin({ query: asked, filters: asParameters(filters), results: this.#agenda.slate?.total ?? 0 });
  }
}
