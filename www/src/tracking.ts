/**
 * What was shown and what was seen: an impression for every card put on the page, a view for every card that stayed at
 * least half visible for a second. Once per list; what the consent does not cover never leaves `record`.
 */
import type { Shown, Slate } from '@triqueta/recommender';
import type { Agenda } from './agenda.ts';

const VISIBLE_SHARE = 0.5;
const VISIBLE_MS = 1000;

/** Watches the cards of the current list. */
export class Tracking {
  readonly #agenda: Agenda;
  readonly #observer: IntersectionObserver | null;
  readonly #shown = new Map<Element, Shown>();
  readonly #timers = new Map<Element, number>();
  #slate = '';
  #impressions = new Set<string>();
  #viewed = new Set<Element>();

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
    this.#observer = typeof IntersectionObserver === 'undefined'
      ? null
      : new IntersectionObserver((entries) => this.#seen(entries), { threshold: VISIBLE_SHARE });
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) for (const element of [...this.#timers.keys()]) this.#stop(element);
      else this.#watch([...this.#shown.keys()]);
    });
  }

  /** Takes note of a list now on the page. `elements` are its cards, in the same order. */
  show(slate: Slate, elements: readonly Element[]): void {
    if (slate.id !== this.#slate) {
      this.#slate = slate.id;
      this.#impressions = new Set();
      this.#viewed = new Set();
    }
    this.#observer?.disconnect();
    for (const element of [...this.#timers.keys()]) this.#stop(element);
    this.#shown.clear();
    slate.items.forEach((item, index) => {
      const element = elements[index];
      if (!element) return;
      this.#shown.set(element, item.shown);
      if (this.#impressions.has(item.activity.id)) return;
      this.#impressions.add(item.activity.id);
      void this.#agenda.note({ kind: 'impression', shown: item.shown });
    });
    this.#watch(elements);
  }

  #watch(elements: readonly Element[]): void {
    for (const element of elements) {
      if (this.#viewed.has(element)) continue;
      this.#observer?.unobserve(element);
      this.#observer?.observe(element);
    }
  }

  #seen(entries: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting, intersectionRatio, intersectionRect, rootBounds } of entries) {
      const fillsScreen = !!rootBounds && intersectionRect.height >= VISIBLE_SHARE * rootBounds.height;
      const visible = isIntersecting && (intersectionRatio >= VISIBLE_SHARE || fillsScreen);
      if (!visible || document.hidden) this.#stop(target);
      else if (!this.#timers.has(target)) this.#timers.set(target, window.setTimeout(() => this.#view(target), VISIBLE_MS));
    }
  }

  #view(element: Element): void {
    this.#stop(element);
    this.#observer?.unobserve(element);
    const shown = this.#shown.get(element);
    if (!shown || this.#viewed.has(element)) return;
    this.#viewed.add(element);
    void this.#agenda.note({ kind: 'viewed', shown });
  }

  #stop(element: Element): void {
    clearTimeout(this.#timers.get(element));
    this.#timers.delete(element);
  }
}
