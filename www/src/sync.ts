/**
 * The page's service worker where the browser tells it that the network is back: beside what `sw.ts` does, it sends what
 * was kept meanwhile, though no page may be open.
 */
import { sendOnSync } from '@triqueta/recommender/worker';
import './sw.ts';

sendOnSync();
