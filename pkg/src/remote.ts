/**
 * The engine in a worker, as the page sees it: questions go by message, and what is asked at once is answered from what came
 * with the last answer.
 */
import { absolute } from './address.js';
import type { EngineOptions, EngineRecommender, EngineStatus } from './engine.js';
import { TriquetaError, noWorker, toTriquetaError } from './errors.js';
import type { Answer, EngineMethods, Methods, Question, Snapshot } from './protocol.js';
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

type Settle = { resolve(answer: unknown): void; reject(error: TriquetaError): void };

/** An engine that answers from a worker. */
export class RemoteEngine implements EngineRecommender {
  readonly #worker: Worker;
  readonly #asked: Map<number, Settle> = new Map();
  #snapshot: Required<Snapshot> | null = null;
  #stopped: TriquetaError | null = null;
  #onStop: (error: TriquetaError) => void = () => {};
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
      this.#stop(event.message || 'its script did not load');
    });
  }

  /**
   * Starts a worker and opens the engine in it. Rejects with `WORKER_UNAVAILABLE` where that is the worker's fault, and otherwise
   * with the engine's own error.
   */
  static async open(options: EngineOptions, channelKeys?: readonly string[], wasm?: WasmSource): Promise<RemoteEngine> {
    const remote = new RemoteEngine(started());
    try {
      await remote.#ask('hello');
      await remote.#ask('load', await sendable(wasm));
      await remote.#ask('open', options, channelKeys);
      return remote;
    } catch (thrown) {
      remote.#worker.terminate();
      throw thrown;
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
    return this.#told().consent;
  }

  profile(): Profile {
    return structuredClone(this.#told().profile);
  }

  vocabulary(): Vocabulary {
    return this.#told().vocabulary;
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

  /** Ends the worker once what is under way is done. */
  close(): void {
    const end = (): void => this.#worker.terminate();
    this.#ask('close').then(end, end);
  }

  #told(): Required<Snapshot> {
    if (this.#snapshot) return this.#snapshot;
    throw new TriquetaError('UNEXPECTED', 'The worker has opened no engine yet.');
  }

  /** Arguments go as the engine would read them on the page, as JSON: what frameworks wrap objects in cannot travel. */
  #engine<Method extends keyof EngineMethods>(
    method: Method, ...given: Parameters<EngineMethods[Method]>
  ): Promise<Awaited<ReturnType<EngineMethods[Method]>>> {
    return this.#ask(method, ...(JSON.parse(JSON.stringify(given)) as Parameters<Methods[Method]>));
  }

  #ask<Method extends keyof Methods>(
    method: Method, ...given: Parameters<Methods[Method]>
  ): Promise<Awaited<ReturnType<Methods[Method]>>> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) return reject(this.#stopped);
      this.#last += 1;
      const question = { id: this.#last, method, arguments: given, signal: asksNotToBeTracked() } as Question;
      this.#worker.postMessage(question);
      this.#asked.set(question.id, { resolve: resolve as Settle['resolve'], reject });
      if (this.#timer === undefined) this.#watch();
    });
  }

  #hear({ id, answer, error, snapshot }: Answer): void {
    if (snapshot) this.#snapshot = { ...this.#snapshot, ...snapshot } as Required<Snapshot>;
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
    const stopAfter = (milliseconds: number): void => {
      this.#timer = setTimeout(() => this.#stop('it does not answer'), milliseconds);
    };
    if (!this.#hasSpoken) return stopAfter(START_LIMIT_MS);
    this.#timer = setTimeout(() => {
      stopAfter(SILENCE_LIMIT_MS);
      this.#ask('hello').catch(() => {});
    }, SILENCE_LIMIT_MS);
  }

  #stop(reason: string): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#worker.terminate();
    const goesOn = `The worker stopped (${reason}); the page's own thread goes on until the page is loaded again.`;
    const error = this.#snapshot ? new TriquetaError('WORKER_STOPPED', goesOn) : noWorker(reason);
    this.#stopped = error;
    this.#onStop(error);
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }
}

function started(): Worker {
  try {
    return new Worker(new URL('./thread.js', import.meta.url), { type: 'module' });
  } catch (thrown) {
    throw noWorker(toTriquetaError(thrown).message, thrown);
  }
}

/** The module as it can travel. A response stays whole, for the page's own thread may need it yet. */
async function sendable(wasm: WasmSource | undefined): Promise<WasmSource | undefined> {
  if (typeof wasm === 'string' || wasm instanceof URL) return absolute(String(wasm));
  return wasm instanceof Response ? wasm.clone().arrayBuffer() : wasm;
}

/** As the engine asks it where it runs on the page: Global Privacy Control, or Do Not Track. */
function asksNotToBeTracked(): boolean {
  const { globalPrivacyControl, doNotTrack } = (globalThis.navigator ?? {}) as Partial<Navigator> & { globalPrivacyControl?: unknown };
  return !!globalPrivacyControl || doNotTrack === '1';
}
