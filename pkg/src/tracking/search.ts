/** A search is recorded when it is over, with what was opened from it: that is what it was worth. */
import type { ActivityId } from '../types.js';
import type { Note } from './note.js';

/** What was asked, and how much there was. */
export interface Search {
  /** What was typed. */
  readonly query: string;
  /** Other filters that were set, name to value. */
  readonly filters?: Record<string, string>;
  /** How many results there were. */
  readonly results: number;
}

/** Follows one search after the other. */
export class Searches {
  readonly #note: Note;
  #running: { search: Search; clicked: ActivityId[] } | null = null;
  readonly #onPageHide = (): void => this.end();

  constructor(note: Note) {
    this.#note = note;
    addEventListener('pagehide', this.#onPageHide);
  }

  /**
   * The list now answers this search. One that is typed on from the last, of which nothing was opened, replaces it;
   * otherwise the last is over.
   */
  begin(search: Search): void {
    const last = this.#running;
    if (last && (last.clicked.length > 0 || !search.query.startsWith(last.search.query))) this.end();
    this.#running = search.query ? { search, clicked: [] } : null;
  }

  /** An activity was opened. Gives whether the list answers a search, to which it is then counted. */
  opened(activity: ActivityId): boolean {
    if (!this.#running) return false;
    if (!this.#running.clicked.includes(activity)) this.#running.clicked.push(activity);
    return true;
  }

  /** The search is over, if there is one. */
  end(): void {
    const over = this.#running;
    this.#running = null;
    if (!over) return;
    const { query, filters = {}, results } = over.search;
    this.#note({ kind: 'search', query, filters, result_count: results, clicked: over.clicked });
  }

  /** Ends what runs and follows no more. */
  stop(): void {
    this.end();
    removeEventListener('pagehide', this.#onPageHide);
  }
}
