/** A search is recorded when it is over, with what was opened from it: that is what it was worth. */
import type { ActivityId } from '../types.js';
import { onHidden } from './hidden.js';
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
  /** `noted`: how many of what was clicked was recorded when the page was hidden; -1 where nothing was recorded yet. */
  #running: { search: Search; clicked: ActivityId[]; noted: number } | null = null;
  readonly #stopListening: () => void;

  constructor(note: Note) {
    this.#note = note;
    this.#stopListening = onHidden(() => this.#soFar());
  }

  /**
   * The list now answers this search. One that is typed on from the last, of which nothing was opened, replaces it;
   * otherwise the last is over.
   */
  begin(search: Search): void {
    const last = this.#running;
    if (last && (last.clicked.length > 0 || !search.query.startsWith(last.search.query))) this.end();
    this.#running = search.query ? { search, clicked: [], noted: -1 } : null;
  }

  /** An activity was opened. Gives whether the list answers a search, to which it is then counted. */
  opened(activity: ActivityId): boolean {
    if (!this.#running) return false;
    if (!this.#running.clicked.includes(activity)) this.#running.clicked.push(activity);
    return true;
  }

  /** The search is over, if there is one. */
  end(): void {
    this.#soFar();
    this.#running = null;
  }

  /** Ends what runs and follows no more. */
  stop(): void {
    this.end();
    this.#stopListening();
  }

  /** Records the search with what was opened from it; again only where more was opened since, and that alone. */
  #soFar(): void {
    const running = this.#running;
    if (!running || running.clicked.length === running.noted) return;
    const { query, filters = {}, results } = running.search;
    const clicked = running.clicked.slice(Math.max(running.noted, 0));
    running.noted = running.clicked.length;
    this.#note({ kind: 'search', query, filters, result_count: results, clicked });
  }
}
