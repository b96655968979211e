/**
 * The pages of one visitor: what is decided, changed or forgotten on one is taken in by the others at once, so that none
 * goes on with a past that was deleted. A page that cannot hear (frozen, or in an older browser) hears when it is shown again.
 */

const CHANNEL = 'triqueta';

/** Calls `refresh` when another page changed something. Does nothing outside a browser's page. */
export class Tabs {
  readonly #refresh: () => Promise<unknown>;
  readonly #channel: BroadcastChannel | null;
  readonly #onShown = (): void => {
    if (document.visibilityState === 'visible') this.#now();
  };

  constructor(refresh: () => Promise<unknown>) {
    this.#refresh = refresh;
    const isPage = typeof document !== 'undefined';
    this.#channel = isPage && typeof BroadcastChannel === 'function' ? new BroadcastChannel(CHANNEL) : null;
    this.#channel?.addEventListener('message', () => this.#now());
    if (isPage) addEventListener('pageshow', this.#onShown);
    if (isPage) document.addEventListener('visibilitychange', this.#onShown);
  }

  /** Something changed here. */
  tell(): void {
    this.#channel?.postMessage(null);
  }

  /** Hears and tells no more. */
  stop(): void {
    this.#channel?.close();
    if (typeof document === 'undefined') return;
    removeEventListener('pageshow', this.#onShown);
    document.removeEventListener('visibilitychange', this.#onShown);
  }

  #now(): void {
    this.#refresh().catch((thrown: unknown) => {
      console.warn('[triqueta] What other pages changed could not be read; it is with the next event.', thrown);
    });
  }
}
