/**
 * When what waits is sent: soon after something was recorded, when the network comes back, when the page is hidden, and
 * when a failed try may be repeated. How (batches, acknowledgement, one sender across tabs) is the engine's.
 */
import type { FlushReport } from './types.js';

/** From a record to the try that sends it; what is recorded meanwhile goes along. */
export const DELIVERY_DELAY_MS = 4000;
/** The longest wait a browser's timer can hold. */
const LONGEST_MS = 2 ** 31 - 1;

/** Decides when to flush. Does nothing outside a browser's page. */
export class Delivery {
  readonly #flush: () => Promise<FlushReport>;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #due = Infinity;
  readonly #onOnline = (): void => this.#in(0);
  readonly #onHidden = (): void => {
    if (document.visibilityState === 'hidden') void this.#now();
  };

  constructor(flush: () => Promise<FlushReport>) {
    this.#flush = flush;
    if (typeof document === 'undefined') return;
    addEventListener('online', this.#onOnline);
    document.addEventListener('visibilitychange', this.#onHidden);
    // What an earlier visit could not send.
    this.#in(DELIVERY_DELAY_MS);
  }

  /** Something was recorded for sending. */
  recorded(): void {
    if (typeof document !== 'undefined') this.#in(DELIVERY_DELAY_MS);
  }

  /** No more tries. */
  stop(): void {
    this.#cancel();
    if (typeof document === 'undefined') return;
    removeEventListener('online', this.#onOnline);
    document.removeEventListener('visibilitychange', this.#onHidden);
  }

  /** An earlier date stands. */
  #in(delayMs: number): void {
    const due = Date.now() + delayMs;
    if (due >= this.#due) return;
    this.#cancel();
    this.#due = due;
    this.#timer = setTimeout(() => void this.#now(), Math.min(delayMs, LONGEST_MS));
  }

  #cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#due = Infinity;
  }

  async #now(): Promise<void> {
    this.#cancel();
    try {
      const { pending, retryInMs } = await this.#flush();
      if (retryInMs !== null && retryInMs !== undefined) this.#in(retryInMs);
      else if (pending > 0) this.#in(DELIVERY_DELAY_MS);
    } catch (thrown) {
      console.warn('[triqueta] Sending failed; it is tried again after the next event.', thrown);
    }
  }
}
