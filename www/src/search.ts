/** The search field. A search is recorded when it is over, with what was opened from it. */
import type { Agenda } from './agenda.ts';
import { asParameters } from './choice.ts';
import { h } from './dom.ts';
import { glyph } from './glyphs.ts';
import { text } from './text/index.ts';

const PAUSE_MS = 250;

/** A search as it will be recorded. */
interface Search {
  readonly query: string;
  readonly results: number;
  readonly clicked: string[];
}

/** The field, and what the visitor does with it. */
export class SearchField {
  readonly element: HTMLElement;
  readonly #agenda: Agenda;
  #running: Search | null = null;
  #timer = 0;

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
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
    addEventListener('pagehide', () => this.#finish());
  }

  /** Whether the list on the page answers a search; if so the opened activity is counted to it. */
  opened(activity: string): boolean {
    this.#running?.clicked.push(activity);
    return this.#running !== null;
  }

  #typed(query: string): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#ask(query), PAUSE_MS);
  }

  async #ask(query: string): Promise<void> {
    clearTimeout(this.#timer);
    const asked = query.trim();
    if (asked === this.#agenda.choice.query) return;
    if (!asked.startsWith(this.#agenda.choice.query) || this.#running?.clicked.length) this.#finish();
    await this.#agenda.choose({ query: asked });
    this.#running = asked ? { query: asked, results: this.#agenda.slate?.total ?? 0, clicked: [] } : null;
  }

  #finish(): void {
    const search = this.#running;
    this.#running = null;
    if (!search) return;
    const { query: _query, ...filters } = this.#agenda.choice;
    void this.#agenda.note({ kind: 'search', query: search.query, filters: asParameters(filters), result_count: search.results, clicked: search.clicked });
  }
}
