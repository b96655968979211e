/**
 * The recommender a page holds: the wasm engine when it runs, the plain list when it cannot.
 *
 * Thin by intent. Ranking, history, consent and the outbox live in the engine; this class turns errors into one kind,
 * tells listeners that something changed, and makes sure that opening always ends in a list.
 */
import { Delivery } from './delivery.js';
import type { EngineRecommender } from './engine.js';
import { TriquetaError, stopIfAborted, toTriquetaError } from './errors.js';
import { FallbackRecommender } from './fallback.js';
import { handOver } from './handover.js';
import { openInner, problemOf, warn, type Inner, type Opened } from './opening.js';
import { MAY_BE_ASKED_AGAIN, type EngineMethods, type Found } from './protocol.js';
import { RemoteEngine } from './remote.js';
import { stopIfUnusable } from './signature.js';
import { Tabs } from './tabs.js';
import type {
  ActivityCard, ActivityId, Consent, ConsentChoice, EventBody, FlushReport, Knowledge, OpenOptions, Problem, Profile,
  RecommendRequest, RecommenderLike, Slate, Status, Trace, Vocabulary,
} from './types.js';

type Answered<Method extends keyof EngineMethods> = Awaited<ReturnType<EngineMethods[Method]>>;

/** Recommends activities, learns from what happens, explains itself. */
export class Recommender implements RecommenderLike {
  #inner: Inner | null;
  /** Why it is not the worker that was asked for. */
  #trouble: Problem | null;
  /** While the page's own thread takes over from a worker that died. */
  #moving: Promise<void> | null = null;
  /** What it found. */
  #found: Found | null = null;
  readonly #listeners: Set<() => void> = new Set();
  readonly #delivery: Delivery | null;
  readonly #tabs: Tabs | null;

  protected constructor({ inner, trouble }: Opened, options: OpenOptions) {
    this.#inner = inner;
    this.#trouble = trouble;
    const learns = !(inner instanceof FallbackRecommender);
    this.#delivery = learns && options.events ? new Delivery(() => this.flush(), () => this.#engine?.leave()) : null;
    this.#tabs = learns ? new Tabs(() => this.#change('refresh')) : null;
    if (!(inner instanceof FallbackRecommender)) inner.onRenewed(() => this.#tellListeners());
    if (inner instanceof RemoteEngine) {
      inner.onStop((error) => {
        this.#moving = this.#goOnHere(inner, error, options)
          .catch((thrown: unknown) => warn(toTriquetaError(thrown)))
          .finally(() => {
            this.#moving = null;
          });
        void this.#moving.then(() => this.#tellListeners());
      });
    }
  }

  /**
   * Opens a channel of bundles.
   *
   * Trouble with WebAssembly, the network or the bundle does not reject: the plain list opens instead, with
   * `status.source === 'fallback'` and the reason in `status.problem`. Only unusable options and an abort reject.
   */
  static async open(options: OpenOptions): Promise<Recommender> {
    if (!options?.channel) {
      throw new TriquetaError('OPTIONS_INVALID', 'Recommender.open needs { channel }: the URL of channel.json.');
    }
    stopIfAborted(options.signal);
    stopIfUnusable(options.channelKeys);
    const opened = await openInner(options);
    try {
      stopIfAborted(options.signal);
    } catch (thrown) {
      opened.inner.close();
      throw thrown;
    }
    return new this(opened, options);
  }

  get status(): Status {
    const inner = this.#open();
    if (inner instanceof FallbackRecommender) return inner.status;
    const status = inner.status();
    const thread = inner instanceof RemoteEngine ? 'worker' : 'page';
    return { ...status, thread, problem: status.problem ?? this.#trouble };
  }

  consent(): Consent {
    return this.#ask((inner) => inner.consent());
  }

  /**
   * Changes what the visitor allows. Lowering the grade deletes what it no longer covers, here and on the server. Rejects with
   * `WORKER_STOPPED` where its worker died meanwhile and another page may have decided otherwise: look at `consent()`, then ask
   * again.
   */
  setConsent(choice: ConsentChoice): Promise<Consent> {
    return this.#decide('setConsent', choice);
  }

  profile(): Profile {
    return this.#ask((inner) => inner.profile());
  }

  /** Replaces it. Rejects with `WORKER_STOPPED` as {@link setConsent} does. */
  setProfile(profile: Profile): Promise<void> {
    return this.#decide('setProfile', profile);
  }

  /** A ranked, explained list. */
  recommend(request: RecommendRequest = {}): Promise<Slate> {
    return this.#wait('recommend', request);
  }

  /** Activities like one. @param limit Default 10. */
  similar(id: ActivityId, limit: number = 10): Promise<Slate> {
    return this.#wait('similar', id, limit);
  }

  /** What the catalogue says of an activity; `null` where it is not there. */
  async activity(id: ActivityId): Promise<ActivityCard | null> {
    return (await this.#wait('activity', id)) ?? null;
  }

  vocabulary(): Vocabulary {
    return this.#ask((inner) => inner.vocabulary());
  }

  /**
   * Takes note of something that happened. Resolves with the event's id once it is durable, or with `null` when the
   * consent keeps it out of the outbox. Where the disk is full it waits in memory instead: `status.unsaved` counts such
   * events, `status.problem` says why, and they are stored as soon as there is room. Rejects with `WORKER_STOPPED` where its
   * worker died meanwhile and nobody knows whether it was stored.
   */
  async record(body: EventBody): Promise<string | null> {
    const id = (await this.#change('record', body)) ?? null;
    if (id !== null) this.#delivery?.stored();
    return id;
  }

  /** Sends what waits, if the consent allows it and the network is there. Normally it happens by itself. */
  flush(): Promise<FlushReport> {
    return this.#change('flush');
  }

  /**
   * Asks for a newer bundle and takes it when it is whole and passes its self-test. Resolves with whether there was one;
   * a bundle that cannot be had or used leaves the present one in place, with the reason in `status.problem`.
   */
  sync(): Promise<boolean> {
    return this.#change('sync');
  }

  /** A list with everything it was made from, for support: `triqueta replay-slate` computes it again, bit for bit. */
  trace(request: RecommendRequest = {}): Promise<Trace> {
    return this.#wait('trace', request);
  }

  /** Everything the device knows about the visitor, and what has left it. */
  knowledge(): Promise<Knowledge> {
    return this.#wait('knowledge');
  }

  /** All of it as JSON, for the visitor to keep. */
  exportData(): Promise<string> {
    return this.#wait('exportData');
  }

  /** Forgets one activity, or everything (outbox included) when called without one. */
  forget(activityId?: ActivityId): Promise<void> {
    return this.#decide('forget', activityId);
  }

  /** Calls back after profile, consent, history, outbox or bundle changed. Returns the function that stops it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Releases the engine; a worker ends once what is under way is stored. Nothing else can be asked afterwards. */
  close(): void {
    const inner = this.#inner;
    this.#inner = null;
    this.#delivery?.stop();
    this.#tabs?.stop();
    this.#listeners.clear();
    inner?.close();
  }

  #open(): Inner {
    if (this.#inner) return this.#inner;
    throw new TriquetaError('CLOSED', 'This recommender was closed. Open another one.');
  }

  #ask<Answer>(question: (inner: Inner) => Answer): Answer {
    try {
      return question(this.#open());
    } catch (thrown) {
      throw toTriquetaError(thrown);
    }
  }

  async #wait<Method extends keyof EngineMethods>(
    method: Method, ...given: Parameters<EngineMethods[Method]>
  ): Promise<Answered<Method>> {
    // Not otherwise: what is recorded while a page is being left has to reach the engine before its `leave`.
    if (this.#moving) await this.#moving;
    try {
      return await this.#carryOut(method, given);
    } catch (thrown) {
      const error = toTriquetaError(thrown);
      if (error.code !== 'WORKER_STOPPED') throw error;
      await this.#moving;
      if (!this.#found || !MAY_BE_ASKED_AGAIN[method](this.#found, ...given)) throw error;
    }
    return this.#carryOut(method, given);
  }

  async #carryOut<Method extends keyof EngineMethods>(
    method: Method, given: Parameters<EngineMethods[Method]>,
  ): Promise<Answered<Method>> {
    try {
      const inner: Partial<EngineMethods> = this.#open();
      // The plain list has no pages to hear of, and nothing to send.
      const work = inner[method] as ((...given: unknown[]) => unknown) | undefined;
      return (await work?.apply(inner, given)) as Answered<Method>;
    } catch (thrown) {
      throw toTriquetaError(thrown);
    }
  }

  /** Changes what other pages have to know. */
  async #decide<Method extends keyof EngineMethods>(
    method: Method, ...given: Parameters<EngineMethods[Method]>
  ): Promise<Answered<Method>> {
    const answer = await this.#change(method, ...given);
    this.#tabs?.tell();
    // A withdrawal, perhaps.
    this.#delivery?.stored();
    return answer;
  }

  async #change<Method extends keyof EngineMethods>(
    method: Method, ...given: Parameters<EngineMethods[Method]>
  ): Promise<Answered<Method>> {
    const answer = await this.#wait(method, ...given);
    this.#tellListeners();
    return answer;
  }

  /** What was asked for is done, whatever a listener makes of it. */
  #tellListeners(): void {
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (thrown) {
        console.error('[triqueta] A listener of `onChange` threw.', thrown);
      }
    }
  }

  get #engine(): EngineRecommender | null {
    return this.#inner instanceof FallbackRecommender ? null : this.#inner;
  }

  /** The worker died: the page's own thread goes on with what is stored, and with what the visitor said of themselves. */
  async #goOnHere(remote: RemoteEngine, error: TriquetaError, { signal: _over, ...options }: OpenOptions): Promise<void> {
    if (!this.#inner) return;
    warn(error);
    this.#trouble = problemOf(error);
    const { inner } = await openInner({ ...options, worker: false });
    const found = await handOver(remote, inner);
    if (!this.#inner) return inner.close();
    this.#inner = inner;
    this.#found = found;
  }
}
