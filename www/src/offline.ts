/** Registers the service worker, once the page has shown itself. Without one the page works the same, online. */

import { hasSimd } from '@triqueta/recommender/simd';

/** Keeps the page for offline use; where the browser can, what is recorded offline is sent though the page is closed. */
export function keepForOffline(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  const which = hasSimd() ? '' : '?scalar';
  const plain = (): Promise<unknown> => navigator.serviceWorker.register(`/sw.js${which}`);
  // The one that sends is made of modules, which older browsers do not take.
  const registered = 'SyncManager' in window
    ? navigator.serviceWorker.register(`/sync.js${which}`, { type: 'module' }).catch(plain)
    : plain();
  registered.catch((reason: unknown) => {
    console.warn('[triqueta] The page will not open offline: its service worker was refused.', reason);
  });
}
