/** How a page asks its service worker to send what waits once the network is back, also if the page is closed by then. */

/** The name under which the browser tells the service worker. */
export const SYNC_TAG = 'triqueta-outbox';

/** Background Sync, as far as it is used here; only some browsers have it. */
interface Syncing {
  readonly sync?: { register(tag: string): Promise<void> };
}

/** Asks for it where there is no network, and where browser and page know how; otherwise the next visit sends. */
export async function askForSync(): Promise<void> {
  if (typeof navigator === 'undefined' || navigator.onLine !== false) return;
  try {
    const registration = await navigator.serviceWorker?.getRegistration();
    await (registration as Syncing | undefined)?.sync?.register(SYNC_TAG);
  } catch {
    // The visitor does not let this site do anything in the background.
  }
}
