/**
 * What makes the page open without a network: the files of this build, kept at install.
 *
 * Pages come from the network first, so that an update shows; the build's own files, whose names carry their hash, from
 * the cache first. Bundles are not touched: the engine verifies and keeps them itself. Events never pass through here.
 */
interface WorkerScope {
  readonly location: Location;
  readonly clients: { claim(): Promise<void> };
  addEventListener(type: 'install' | 'activate', listener: (event: WaitingEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchingEvent) => void): void;
}
interface WaitingEvent {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchingEvent extends WaitingEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

/** Written by the build: the files of this version. */
const { version, paths } = JSON.parse('__PRECACHE__') as { version: string; paths: string[] };
const PREFIX = 'triqueta-page-';
const CACHE = PREFIX + version;
const PAGE = '/';
const PLAIN_LIST = '/bundles/fallback.json';
const PATIENCE_MS = 4000;
const worker = globalThis as unknown as WorkerScope;

worker.addEventListener('install', (event) => {
  event.waitUntil(keep());
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(forgetOlder().then(() => worker.clients.claim()));
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== worker.location.origin) return;
  if (request.mode === 'navigate') event.respondWith(networkFirst(request, PAGE));
  else if (url.pathname === PLAIN_LIST) event.respondWith(networkFirst(request, PLAIN_LIST));
  else if (paths.includes(url.pathname)) event.respondWith(cacheFirst(request));
});

/** Of the two modules of the engine only the one this browser runs is kept: the page says which. */
const OTHER_MODULE = worker.location.search === '?scalar' ? /triqueta_bg/ : /triqueta_scalar_bg/;

async function keep(): Promise<void> {
  const cache = await caches.open(CACHE);
  const kept = paths.filter((path) => !OTHER_MODULE.test(path));
  await cache.addAll(kept.map((path) => new Request(path, { cache: 'no-cache' })));
  await cache.add(PLAIN_LIST).catch(() => undefined);
}

async function forgetOlder(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== CACHE).map((name) => caches.delete(name)));
}

async function cacheFirst(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(request, { ignoreVary: true })) ?? fetch(request);
}

/** The network if it answers well and in time, the kept copy otherwise. */
async function networkFirst(request: Request, kept: string): Promise<Response> {
  const cache = await caches.open(CACHE);
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!response.ok) throw new Error(String(response.status));
    if (kept !== PAGE) await cache.put(kept, response.clone());
    return response;
  } catch (failure) {
    const copy = await cache.match(kept, { ignoreVary: true });
    if (copy) return copy;
    throw failure;
  }
}
