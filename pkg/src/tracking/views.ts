/**
 * What was shown and what was seen: an impression for every card put on the page, a view for every card that stayed at
 * least half visible for a second on a visible page. Once per list; what the consent does not cover never leaves `record`.
 */
import type { Shown, Slate } from '../types.js';
import type { Note } from './note.js';

const VISIBLE_SHARE = 0.5;
const VISIBLE_MS = 1000;

/** Watches the cards of the current list. */
export class Views {
  readonly #note: Note;
  readonly #observer: IntersectionObserver | null;
  readonly #shown = new Map<Element, Shown>();
  readonly #timers = new Map<Element, ReturnType<typeof setTimeout>>();
  readonly #onVisibility = (): void => {
    if (document.hidden) this.#stopTimers();
    else this.#watch([...this.#shown.keys()]);
  };
  #slate = '';
  #impressions = new Set<string>();
  #viewed = new Set<Element>();

  constructor(note: Note) {
    this.#note = note;
    this.#observer = typeof IntersectionObserver === 'undefined'
      ? null
      : new IntersectionObserver((entries) => this.#seen(entries), { threshold: VISIBLE_SHARE });
    document.addEventListener('visibilitychange', this.#onVisibility);
  }

  /** Takes note of a list now on the page. @param elements Its cards, in the same order; `null` where one has none. */
  show(slate: Slate, elements: readonly (Element | null)[]): void {
    if (slate.id !== this.#slate) {
      this.#slate = slate.id;
      this.#impressions = new Set();
      this.#viewed = new Set();
    }
    this.#forget();
    slate.items.forEach((item, index) => {
      const element = elements[index];
      if (!element) return;
      this.#shown.set(element, item.shown);
      if (this.#impressions.has(item.activity.id)) return;
      this.#impressions.add(item.activity.id);
      this.#note({ kind: 'impression', shown: item.shown });
    });
    this.#watch([...this.#shown.keys()]);
  }

  /** How the activity of a card is shown now. */
  shown(element: Element): Shown | undefined {
    return this.#shown.get(element);
  }

  /** Watches no more. */
  stop(): void {
    this.#forget();
    document.removeEventListener('visibilitychange', this.#onVisibility);
  }

  #forget(): void {
    this.#observer?.disconnect();
    this.#stopTimers();
    this.#shown.clear();
  }

  /** Observing anew tells where a card stands now. */
  #watch(elements: readonly Element[]): void {
    for (const element of elements) {
      if (this.#viewed.has(element)) continue;
      this.#observer?.unobserve(element);
      this.#observer?.observe(element);
    }
  }

  #seen(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting, intersectionRatio, intersectionRect, rootBounds } of entries) {
      // A card higher than the screen is never half visible: then half of the screen will do.
      const fillsScreen = !!rootBounds && intersectionRect.height >= VISIBLE_SHARE * rootBounds.height;
      const visible = isIntersecting && (intersectionRatio >= VISIBLE_SHARE || fillsScreen);
      if (!visible || document.hidden) this.#stopTimer(target);
      else if (!this.#timers.has(target)) this.#timers.set(target, setTimeout(() => this.#view(target), VISIBLE_MS));
    }
  }

  #view(element: Element): void {
    this.#stopTimer(element);
    this.#observer?.unobserve(element);
    const shown = this.#shown.get(element);
    if (!shown || this.#viewed.has(element)) return;
    this.#viewed.add(element);
    this.#note({ kind: 'viewed', shown });
  }

  #stopTimer(element: Element): void {
    clearTimeout(this.#timers.get(element));
    this.#timers.delete(element);
  }

  #stopTimers(): void {
    for (const element of [...this.#timers.keys()]) this.#stopTimer(element);
  }
}
