/** How long and how far something was read: only time on a visible page counts. */

/** A reading in progress. */
export class Reading {
  readonly #scroller: Element;
  #since: number | null = document.hidden ? null : performance.now();
  #readMs = 0;
  #depth = 0;
  #external = false;
  readonly #onScroll = (): void => this.#measure();
  readonly #onVisibility = (): void => (document.hidden ? this.#pause() : this.#resume());

  constructor(scroller: Element) {
    this.#scroller = scroller;
    scroller.addEventListener('scroll', this.#onScroll, { passive: true });
    document.addEventListener('visibilitychange', this.#onVisibility);
    this.#measure();
  }

  /** The visitor followed the link out. */
  external(): void {
    this.#external = true;
  }

  /** Ends the reading and says how it was. */
  finish(): { dwell_seconds: number; scroll_depth: number; external_click: boolean } {
    this.#pause();
    this.#scroller.removeEventListener('scroll', this.#onScroll);
    document.removeEventListener('visibilitychange', this.#onVisibility);
    return {
      dwell_seconds: Math.round(this.#readMs / 100) / 10,
      scroll_depth: Math.round(this.#depth * 100) / 100,
      external_click: this.#external,
    };
  }

  #measure(): void {
    const { scrollTop, clientHeight, scrollHeight } = this.#scroller;
    if (scrollHeight > 0) this.#depth = Math.max(this.#depth, Math.min((scrollTop + clientHeight) / scrollHeight, 1));
  }

  #pause(): void {
    if (this.#since !== null) this.#readMs += performance.now() - this.#since;
    this.#since = null;
  }

  #resume(): void {
    this.#since ??= performance.now();
  }
}
