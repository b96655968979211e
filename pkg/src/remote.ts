/**
 * The engine in a worker, as the page sees it: questions go by message, and what is asked at once is answered from what came
 * with the last answer.
 */
import { absolute } from './address.js';
import type { EngineOptions, EngineRecommender, EngineStatus } from './engine.js';
import { TriquetaError, aborted, noWorker, toTriquetaError } from './errors.js';
import { RENEWED, type Answer, type EngineMethods, type Methods, type Question, type Snapshot } from './protocol.js';
import type {
  ActivityCard, Consent, ConsentChoice, EventBody, FlushReport, Knowledge, Profile, RecommendRequest, Slate, Trace, Vocabulary,
  WasmSource,
} from './types.js';

/** How long the script may take to come and say something. */
const START_LIMIT_MS = 5_000;
/**
 * How long a worker that was asked something may be silent before it is asked for a sign of life, and again as long before it
 * is taken for dead: nobody tells a page that its worker died. Opening a large bundle on a slow device keeps it busy for less.
 */
const SILENCE_LIMIT_MS = 10_000;
/** And when time is up: a page that was itself held up hears the answer only now, and may have held up the start. */
const LAST_CALL_MS = 1_000;
/** How long a worker may take to end what is under way. */
const CLOSE_LIMIT_MS = 30_000;

type Settle = { resolve(answer: unknown): void; reject(error: TriquetaError): void };

/** An engine that answers from a worker. */
export class RemoteEngine implements EngineRecommender {
  readonly #worker: Worker;
  readonly #asked: Map<number, Settle> = new Map();
  #snapshot: Required<Snapshot> | null = null;
  #stopped: TriquetaError | null = null;
  #onStop: (error: TriquetaError) => void = () => {};
  #onRenewed: () => void = () => {};
  #hasSpoken = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last = 0;

  private constructor(worker: Worker) {
    this.#worker = worker;
    worker.addEventListener('message', ({ data }) => this.#hear(data as Answer));
    worker.addEventListener('messageerror', () => this.#stop('it sent what cannot be read'));
    worker.addEventListener('error', (event) => {
      // Told here, and once.
      event.preventDefault();
      const reason = wordsOf(event);
      if (!this.#hasSpoken) return this.#stop(reason);
      // It may live on: one task of many failed.
      this.#stopAfter(START_LIMIT_MS, reason);
      this.#ask('hello').catch(() => {});
    });
  }

  /**
   * Starts a worker and opens the engine in it. Rejects with `WORKER_UNAVAILABLE` where that is the worker's fault, and otherwise
   * with the engine's own error, or with `ABORTED`.
   */
  static async open(
    options: EngineOptions, channelKeys?: readonly string[], wasm?: WasmSource, signal?: AbortSignal,
  ): Promise<RemoteEngine> {
    const remote = new RemoteEngine(started());
    const abort = (): void => signal && remote.#end(aborted(signal));
    signal?.addEventListener('abort', abort);
    try {
      await remote.#ask('hello');
      await remote.#ask('load', await sendable(wasm));
      await remote.#ask('open', options, channelKeys);
      return remote;
    } catch (thrown) {
      remote.#worker.terminate();
      throw thrown;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Calls back, once, where the worker dies; every call is then rejected with `WORKER_STOPPED`. */
  onStop(listener: (error: TriquetaError) => void): void {
    this.#onStop = listener;
  }

  status(): EngineStatus {
    return this.#told().status;
  }

  consent(): Consent {
    return structuredClone(this.#told().consent);
  }

  profile(): Profile {
    return structuredClone(this.#told().profile);
  }

  vocabulary(): Vocabulary {
    return structuredClone(this.#told().vocabulary);
  }

  setConsent(choice: ConsentChoice): Promise<Consent> {
    return this.#engine('setConsent', choice);
  }

  setProfile(profile: Profile): Promise<void> {
    return this.#engine('setProfile', profile);
  }

  recommend(request: RecommendRequest): Promise<Slate> {
    return this.#engine('recommend', request);
  }

  similar(id: string, limit?: number): Promise<Slate> {
    return this.#engine('similar', id, limit);
  }

  activity(id: string): Promise<ActivityCard | null | undefined> {
    return this.#engine('activity', id);
  }

  record(body: EventBody): Promise<string | null | undefined> {
    return this.#engine('record', body);
  }

  flush(): Promise<FlushReport> {
    return this.#engine('flush');
  }

  /** As well as it can be done: a worker may end with its page, and what it had stored goes at the next visit. */
  leave(): void {
    this.#engine('leave').catch(() => {});
  }

  refresh(): Promise<void> {
    return this.#engine('refresh');
  }

  sync(): Promise<boolean> {
    return this.#engine('sync');
  }

  trace(request: RecommendRequest): Promise<Trace> {
    return this.#engine('trace', request);
  }

  knowledge(): Promise<Knowledge> {
    return this.#engine('knowledge');
  }

  exportData(): Promise<string> {
    return this.#engine('exportData');
  }

  forget(activityId?: string): Promise<void> {
    return this.#engine('forget', activityId);
  }

  onRenewed(callback: () => void): void {
    this.#onRenewed = callback;
  }

  /** Ends the worker once what is under way is done. */
  close(): void {
    const limit = setTimeout(() => this.#stop('it does not end'), CLOSE_LIMIT_MS);
    const end = (): void => {
      clearTimeout(limit);
      this.#worker.terminate();
    };
    this.#ask('close').then(end, end);
  }

  #told(): Required<Snapshot> {
    if (this.#snapshot) return this.#snapshot;
    throw new TriquetaError('UNEXPECTED', 'The worker has opened no engine yet.');
  }

  /** Arguments go as the engine would read them on the page, as JSON: what frameworks wrap objects in cannot travel. */
  async #engine<Method extends keyof EngineMethods>(
    method: Method, ...given: Parameters<EngineMethods[Method]>
  ): Promise<Awaited<ReturnType<EngineMethods[Method]>>> {
    return this.#ask(method, ...(asJson(given) as Parameters<Methods[Method]>));
  }

  #ask<Method extends keyof Methods>(
    method: Method, ...given: Parameters<Methods[Method]>
  ): Promise<Awaited<ReturnType<Methods[Method]>>> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) return reject(this.#stopped);
      this.#last += 1;
      const question = { id: this.#last, method, arguments: given, signal: asksNotToBeTracked() } as Question;
      try {
        this.#worker.postMessage(question);
      } catch (thrown) {
        // Only what it is opened with is not JSON.
        return reject(noWorker(toTriquetaError(thrown).message, thrown));
      }
      this.#asked.set(question.id, { resolve: resolve as Settle['resolve'], reject });
      if (this.#timer === undefined) this.#watch();
    });
  }

  #hear({ id, answer, error, snapshot }: Answer): void {
    if (snapshot) this.#snapshot = { ...this.#snapshot, ...snapshot } as Required<Snapshot>;
    if (id === RENEWED) this.#onRenewed();
    const settle = this.#asked.get(id);
    this.#asked.delete(id);
    if (error) settle?.reject(new TriquetaError(error.code, error.message));
    else settle?.resolve(answer);
    this.#hasSpoken = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#asked.size > 0) this.#watch();
  }

  /** Limits how long the worker may be silent from now on. */
  #watch(): void {
    const reason = 'it does not answer';
    if (!this.#hasSpoken) return this.#stopAfter(START_LIMIT_MS, reason);
    this.#timer = setTimeout(() => {
      this.#stopAfter(SILENCE_LIMIT_MS, reason);
      this.#ask('hello').catch(() => {});
    }, SILENCE_LIMIT_MS);
  }

  /** Unless it says something. */
  #stopAfter(milliseconds: number, reason: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = setTimeout(() => this.#stop(reason), LAST_CALL_MS);
    }, milliseconds);
  }

  #stop(reason: string): void {
    const goesOn = `The worker stopped (${reason}); the page's own thread goes on until the page is loaded again.`;
    this.#end(this.#snapshot ? new TriquetaError('WORKER_STOPPED', goesOn) : noWorker(reason));
  }

  #end(error: TriquetaError): void {
    if (this.#stopped) return;
    this.#stopped = error;
    clearTimeout(this.#timer);
    this.#worker.terminate();
    this.#onStop(error);
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }
}

function started(): Worker {
  if (typeof Worker !== 'function') throw noWorker('there are none here');
  try {
    return new Worker(new URL('./thread.js', import.meta.url), { type: 'module' });
  } catch (thrown) {
    throw noWorker(toTriquetaError(thrown).message, thrown);
  }
}

/** The module as it can travel. A response stays whole, for the page's own thread may need it yet. */
async function sendable(wasm: WasmSource | undefined): Promise<WasmSource | undefined> {
  if (typeof wasm === 'string' || wasm instanceof URL) return absolute(String(wasm));
  if (!(wasm instanceof Response)) return wasm;
  try {
    return await wasm.clone().arrayBuffer();
  } catch (thrown) {
    // It was read already: the page's own thread may have its module from it.
    throw noWorker(toTriquetaError(thrown).message, thrown);
  }
}

/** What JSON cannot say is refused as the engine refuses it on the page. */
function asJson(given: readonly unknown[]): unknown {
  try {
    return JSON.parse(JSON.stringify(given));
  } catch (thrown) {
    const message = 'the request cannot be read: it is not a plain object; see the types of the package';
    throw new TriquetaError('REQUEST_MALFORMED', message, thrown);
  }
}

function wordsOf({ message, filename, lineno }: ErrorEvent): string {
  if (!message) return 'its script did not load';
  return filename ? `${message} at ${filename}:${lineno}` : message;
}

/** As the engine asks it where it runs on the page: Global Privacy Control, or Do Not Track. */
function asksNotToBeTracked(): boolean {
  const { globalPrivacyControl, doNotTrack } = (globalThis.navigator ?? {}) as Partial<Navigator> & { globalPrivacyControl?: unknown };
  return !!globalPrivacyControl || doNotTrack === '1';
}
