/** All of it for one list on a page: wired by one call on its container, with what only the page knows told by hand. */
import type { ActivityId, DetailSource, EventBody, Shown, Slate } from '../types.js';
import { browserName, deviceType } from './device.js';
import { noteIn, type Note, type Recorder } from './note.js';
import { Reading } from './reading.js';
import { Searches, type Search } from './search.js';
import { Views } from './views.js';

/** How a container is tracked. */
export interface TrackOptions {
  /** Which attribute of a card holds its activity's id. Default `'data-activity'`. */
  attribute?: string;
  /** Where the list's cards come from. Default `'recommendation'`. */
  source?: DetailSource;
  /** Whether to record that a visit began, once a page. Default `true`. */
  session?: boolean;
}

/** A detail being read. */
export interface OpenDetail {
  /** The link to the organiser was followed, where that is not a link inside the detail's element. */
  external(): void;
  /**
   * It was closed: how long and how far it was read is recorded. Calling it again does nothing. A page that is hidden
   * records what was read until then, and the whole of it again where it goes on: of one reading the last word counts.
   */
  close(): void;
}

type NavigationAction = Extract<EventBody, { kind: 'navigation' }>['action'];

let sessionNoted = false;

/** Begins to track the list in a container. @param recorder Where events go: a `Recommender`. */
export function track(recorder: Recorder, container: Element, options: TrackOptions = {}): Tracker {
  return new Tracker(recorder, container, options);
}

/** What happens to one list. */
export class Tracker {
  readonly #note: Note;
  readonly #container: Element;
  readonly #attribute: string;
  readonly #source: DetailSource;
  readonly #views: Views;
  readonly #searches: Searches;
  readonly #open = new Set<OpenDetail>();
  readonly #onClick = (event: Event): void => this.#clicked(event);

  constructor(recorder: Recorder, container: Element, { attribute, source, session }: TrackOptions) {
    this.#note = noteIn(recorder);
    this.#container = container;
    this.#attribute = attribute ?? 'data-activity';
    this.#source = source ?? 'recommendation';
    this.#views = new Views(this.#note);
    this.#searches = new Searches(this.#note);
    container.addEventListener('click', this.#onClick);
    if ((session ?? true) && !sessionNoted) {
      sessionNoted = true;
      this.#note({ kind: 'session', device_type: deviceType(), browser: browserName(), locale: document.documentElement.lang || 'es' });
    }
  }

  /** The container now shows this list, and answers this search where it is given. */
  show(slate: Slate, search?: Search): void {
    const cards = new Map<string | null, Element>();
    for (const card of this.#container.querySelectorAll(`[${this.#attribute}]`)) cards.set(card.getAttribute(this.#attribute), card);
    this.#views.show(slate, slate.items.map(({ activity }) => cards.get(activity.id) ?? null));
    this.#searches.begin(search ?? { query: '', results: 0 });
  }

  /**
   * An activity's detail was opened.
   *
   * @param element The detail's element, whose scrolling and links are followed.
   * @param shown How it was shown where it was opened from. Default: as in the list, if it is there.
   * @param source Default: the list's, or `'search'` where it answers one.
   */
  detail(activity: ActivityId, element: Element, { shown = this.#shownOf(activity), source }: { shown?: Shown | undefined; source?: DetailSource } = {}): OpenDetail {
    const isFound = this.#searches.opened(activity);
    const from = source ?? (isFound ? 'search' : this.#source);
    const reading = new Reading(element, (read) => {
      this.#note({ kind: 'detail_view', activity, ...read, source: from, ...(shown ? { shown } : {}) });
    });
    const onClick = (event: Event): void => {
      if (externalLink(event)) reading.external();
    };
    element.addEventListener('click', onClick);
    const detail: OpenDetail = {
      external: () => reading.external(),
      close: () => {
        if (!this.#open.delete(detail)) return;
        element.removeEventListener('click', onClick);
        reading.end();
      },
    };
    this.#open.add(detail);
    return detail;
  }

  /** A move through lists and filters. */
  navigated(action: NavigationAction, parameters: Record<string, string> = {}, activity?: ActivityId): void {
    this.#note({ kind: 'navigation', action, parameters, ...(activity === undefined ? {} : { activity }) });
  }

  /** Records what is unfinished and tracks no more. */
  stop(): void {
    this.#closeAll();
    this.#views.stop();
    this.#searches.stop();
    this.#container.removeEventListener('click', this.#onClick);
  }

  /** A link out of a card: read for no time, and yet the way to the organiser. */
  #clicked(event: Event): void {
    const card = externalLink(event)?.closest(`[${this.#attribute}]`);
    const activity = card?.getAttribute(this.#attribute);
    if (!card || !activity) return;
    const source = this.#searches.opened(activity) ? 'search' : this.#source;
    const shown = this.#views.shown(card);
    this.#note({ kind: 'detail_view', activity, dwell_seconds: 0, scroll_depth: 0, external_click: true, source, ...(shown ? { shown } : {}) });
  }

  #shownOf(activity: ActivityId): Shown | undefined {
    for (const card of this.#container.querySelectorAll(`[${this.#attribute}]`)) {
      if (card.getAttribute(this.#attribute) === activity) return this.#views.shown(card);
    }
    return undefined;
  }

  #closeAll(): void {
    for (const detail of [...this.#open]) detail.close();
  }
}

/** The link to another site that was pressed, if any. */
function externalLink(event: Event): Element | null {
  const link = (event.target as Element | null)?.closest?.('a[href]');
  const href = link?.getAttribute('href');
  if (!link || !href) return null;
  try {
    const { protocol, origin } = new URL(href, location.href);
    return /^https?:$/.test(protocol) && origin !== location.origin ? link : null;
  } catch {
    return null;
  }
}
