/** How long and how far something was read: only time on a visible page counts. */
import { onHidden } from './hidden.js';

/** What a reading was like. */
export interface Read {
  readonly dwell_seconds: number;
  /** 0–1, the deepest point. */
  readonly scroll_depth: number;
  readonly external_click: boolean;
}

/** A reading that was noted when the page was hidden is noted again only if it went on for as long as this. */
const WORTH_NOTING_MS = 1_000;

/** A reading in progress. */
export class Reading {
  readonly #scroller: Element;
  readonly #note: ((read: Read) => void) | null;
  readonly #stopListening: () => void;
  #since: number | null = document.hidden ? null : performance.now();
  #readMs = 0;
  /** How long it had been when it was last noted; `null` while it never was. */
  #notedMs: number | null = null;
  #depth = 0;
  #external = false;
  readonly #onScroll = (): void => this.#measure();
  readonly #onVisibility = (): void => (document.hidden ? this.#pause() : this.#resume());

  /**
   * @param scroller What scrolls while it is read.
   * @param note Takes note of what was read: when the page is hidden, for it may not return, and at the {@link end}, each
   * time from its beginning: of one reading the last word counts.
   */
  constructor(scroller: Element, note: ((read: Read) => void) | null = null) {
    this.#scroller = scroller;
    this.#note = note;
    scroller.addEventListener('scroll', this.#onScroll, { passive: true });
    document.addEventListener('visibilitychange', this.#onVisibility);
    this.#stopListening = onHidden(() => this.#tell());
    this.#measure();
  }

  /** The visitor followed the link out. */
  external(): void {
    this.#external = true;
  }

  /** Ends the reading and takes note of it. */
  end(): void {
    this.#stop();
    this.#tell();
  }

  /** Ends the reading and says how it was, from its beginning. */
  finish(): Read {
    this.#stop();
    return this.#said();
  }

  #stop(): void {
    this.#pause();
    this.#stopListening();
    this.#scroller.removeEventListener('scroll', this.#onScroll);
    document.removeEventListener('visibilitychange', this.#onVisibility);
  }

  #tell(): void {
    if (!this.#note) return;
    this.#pause();
    if (this.#notedMs !== null && !this.#external && this.#readMs - this.#notedMs < WORTH_NOTING_MS) return;
    const read = this.#said();
    this.#notedMs = this.#readMs;
    this.#external = false;
    this.#note(read);
  }

  #said(): Read {
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
