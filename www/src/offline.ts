/** Registers the service worker, once the page has shown itself. Without one the page works the same, online. */

import { hasSimd } from '@triqueta/recommender/simd';

/** Keeps the page for offline use. */
export function keepForOffline(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  navigator.serviceWorker.register(hasSimd() ? '/sw.js' : '/sw.js?scalar').catch((reason: unknown) => {
    console.warn('[triqueta] The page will not open offline: its service worker was refused.', reason);
  });
}
