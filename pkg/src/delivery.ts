/**
 * The moments at which only a page knows that sending is worth a try: the network came back, or the page is being hidden
 * and may not return. The engine itself sends soon after an event, and again after a failure.
 */

import { askForSync } from './sync.js';

/**
 * Calls `flush` or `leave` at those moments. Does nothing outside a browser's page.
 *
 * Whoever notices what happened last (tracking) listens for the same moments in the capturing phase, and so comes first.
 */
export class Delivery {
  readonly #flush: () => Promise<unknown>;
  readonly #leave: () => void;
  readonly #onOnline = (): void => this.#now();
  readonly #onVisibility = (): void => {
    if (document.visibilityState === 'hidden') this.#leave();
  };
  readonly #onPageHide = (): void => this.#leave();

  /**
   * @param leave Has to have begun its request when it returns: a page that is hidden may do nothing afterwards. In a worker it is
   * on its way there, and what the worker has no time for goes at the next visit.
   */
  constructor(flush: () => Promise<unknown>, leave: () => void) {
    this.#flush = flush;
    this.#leave = leave;
    if (typeof document === 'undefined') return;
    addEventListener('online', this.#onOnline);
    addEventListener('pagehide', this.#onPageHide);
    document.addEventListener('visibilitychange', this.#onVisibility);
  }

  /** Something that is to be sent was stored. On a hidden page there may be no later moment, and without a network none at all. */
  stored(): void {
    if (typeof document === 'undefined') return;
    this.#onVisibility();
    void askForSync();
  }

  /** No more tries. */
  stop(): void {
    if (typeof document === 'undefined') return;
    removeEventListener('online', this.#onOnline);
    removeEventListener('pagehide', this.#onPageHide);
    document.removeEventListener('visibilitychange', this.#onVisibility);
  }

  #now(): void {
    this.#flush().catch((thrown: unknown) => {
      console.warn('[triqueta] Sending failed; what waits is kept and tried again.', thrown);
    });
  }
}
