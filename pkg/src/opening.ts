/** How a recommender comes to its engine: in a worker where one is asked for, on the page, or as the plain list. */
import { absolute, absoluteEvents } from './address.js';
import type { EngineOptions, EngineRecommender } from './engine.js';
import { stopIfAborted, toTriquetaError, type TriquetaError } from './errors.js';
import { FallbackRecommender } from './fallback.js';
import { RemoteEngine } from './remote.js';
import { doubter } from './signature.js';
import type { OpenOptions, Problem } from './types.js';
import { loadEngine } from './wasm.js';

/** What ranks. */
export type Inner = EngineRecommender | FallbackRecommender;

/** What was opened, and why it is not the worker that was asked for. */
export interface Opened {
  readonly inner: Inner;
  readonly trouble: Problem | null;
}

/** Opens what ranks. Rejects only where the caller's signal says so. */
export async function openInner(options: OpenOptions): Promise<Opened> {
  try {
    return options.worker ? await openInWorker(options) : { inner: await openOnPage(options), trouble: null };
  } catch (thrown) {
    stopIfAborted(options.signal);
    const reason = toTriquetaError(thrown);
    warn(reason);
    return { inner: await FallbackRecommender.open(options, reason), trouble: null };
  }
}

/**
 * In a worker; where that is the worker's fault, on the page. A channel that is damaged in one place is in the other, and where it
 * cannot be fetched the page does not try again: that is the network, or a `connect-src` that was not given to the worker's script.
 */
async function openInWorker(options: OpenOptions): Promise<Opened> {
  const { channelKeys, wasm, signal } = options;
  try {
    // A copy: a reactive array cannot travel.
    const keys = channelKeys && [...channelKeys];
    return { inner: await RemoteEngine.open(engineOptions(options), keys, wasm, signal), trouble: null };
  } catch (thrown) {
    const trouble = toTriquetaError(thrown);
    if (trouble.code !== 'WORKER_UNAVAILABLE') throw trouble;
    stopIfAborted(signal);
    warn(trouble);
    return { inner: await openOnPage(options), trouble: problemOf(trouble) };
  }
}

async function openOnPage(options: OpenOptions): Promise<EngineRecommender> {
  const engine = await loadEngine(options.wasm);
  return engine.Recommender.open(engineOptions(options), options.channelKeys && doubter(options.channelKeys));
}

function engineOptions({ channel, events, storage, locale }: OpenOptions): EngineOptions {
  return {
    channel: absolute(channel),
    ...(events === undefined ? {} : { events: absoluteEvents(events) }),
    ...(storage === undefined ? {} : { storage }),
    ...(locale === undefined ? {} : { locale }),
  };
}

/** As a page is told of it. */
export function problemOf({ code, message }: TriquetaError): Problem {
  return { code, message };
}

/** Says why service is reduced. */
export function warn({ code, message }: TriquetaError): void {
  console.warn(`[triqueta] ${code}: ${message}`);
}
