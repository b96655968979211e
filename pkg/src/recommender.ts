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
import { openInner, problemOf, warn, type Inner, type Opened } from './opening.js';
import { RemoteEngine } from './remote.js';
import { stopIfUnusable } from './signature.js';
import { Tabs } from './tabs.js';
import type {
  ActivityCard, ActivityId, Consent, ConsentChoice, EventBody, FlushReport, Knowledge, OpenOptions, Problem, Profile,
  RecommendRequest, RecommenderLike, Slate, Status, Trace, Vocabulary,
} from './types.js';

/** Recommends activities, learns from what happens, explains itself. */
export class Recommender implements RecommenderLike {
  #inner: Inner | null;
  /** Why it is not the worker that was asked for. */
  #trouble: Problem | null;
  /** While the page's own thread takes over from a worker that died. */
  #moving: Promise<void> | null = null;
  readonly #listeners: Set<() => void> = new Set();
  readonly #delivery: Delivery | null;
  readonly #tabs: Tabs | null;

  protected constructor({ inner, trouble }: Opened, options: OpenOptions) {
    this.#inner = inner;
    this.#trouble = trouble;
    const learns = !(inner instanceof FallbackRecommender);
    this.#delivery = learns && options.events ? new Delivery(() => this.flush(), () => this.#engine?.leave()) : null;
    this.#tabs = learns ? new Tabs(() => this.#change(async () => this.#engine?.refresh())) : null;
    if (inner instanceof RemoteEngine) {
      inner.onStop((error) => {
        this.#moving = this.#goOnHere(inner, error, options);
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

  /** Changes what the visitor allows. Lowering the grade deletes what it no longer covers, here and on the server. */
  setConsent(choice: ConsentChoice): Promise<Consent> {
    return this.#decide((inner) => inner.setConsent(choice));
  }

  profile(): Profile {
    return this.#ask((inner) => inner.profile());
  }

  setProfile(profile: Profile): Promise<void> {
    return this.#decide((inner) => inner.setProfile(profile));
  }

  /** A ranked, explained list. */
  recommend(request: RecommendRequest = {}): Promise<Slate> {
    return this.#wait((inner) => inner.recommend(request));
  }

  /** Activities like one. @param limit Default 10. */
  similar(id: ActivityId, limit: number = 10): Promise<Slate> {
    return this.#wait((inner) => inner.similar(id, limit));
  }

  /** What the catalogue says of an activity; `null` where it is not there. */
  activity(id: ActivityId): Promise<ActivityCard | null> {
    return this.#wait(async (inner) => (await inner.activity(id)) ?? null);
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
    const id = (await this.#change((inner) => inner.record(body), false)) ?? null;
    if (id !== null) this.#delivery?.stored();
    return id;
  }

  /** Sends what waits, if the consent allows it and the network is there. Normally it happens by itself. */
  flush(): Promise<FlushReport> {
    return this.#change((inner) => inner.flush());
  }

  /**
   * Asks for a newer bundle and takes it when it is whole and passes its self-test. Resolves with whether there was one;
   * a bundle that cannot be had or used leaves the present one in place, with the reason in `status.problem`.
   */
  sync(): Promise<boolean> {
    return this.#change((inner) => inner.sync());
  }

  /** A list with everything it was made from, for support: `triqueta replay-slate` computes it again, bit for bit. */
  trace(request: RecommendRequest = {}): Promise<Trace> {
    return this.#wait((inner) => inner.trace(request));
  }

  /** Everything the device knows about the visitor, and what has left it. */
  knowledge(): Promise<Knowledge> {
    return this.#wait((inner) => inner.knowledge());
  }

  /** All of it as JSON, for the visitor to keep. */
  exportData(): Promise<string> {
    return this.#wait((inner) => inner.exportData());
  }

  /** Forgets one activity, or everything (outbox included) when called without one. */
  forget(activityId?: ActivityId): Promise<void> {
    return this.#decide((inner) => inner.forget(activityId));
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

  async #wait<Answer>(question: (inner: Inner) => Promise<Answer> | Answer, maybeTwice = true): Promise<Answer> {
    try {
      // Not otherwise: what is recorded while a page is being left has to reach the engine before its `leave`.
      if (this.#moving) await this.#moving;
      return await question(this.#open());
    } catch (thrown) {
      const error = toTriquetaError(thrown);
      if (maybeTwice && error.code === 'WORKER_STOPPED') return this.#wait(question, false);
      throw error;
    }
  }

  /** Changes what other pages have to know. */
  async #decide<Answer>(action: (inner: Inner) => Promise<Answer>): Promise<Answer> {
    const answer = await this.#change(action);
    this.#tabs?.tell();
    // A withdrawal, perhaps.
    this.#delivery?.stored();
    return answer;
  }

  async #change<Answer>(action: (inner: Inner) => Promise<Answer>, maybeTwice = true): Promise<Answer> {
    const answer = await this.#wait(action, maybeTwice);
    this.#tellListeners();
    return answer;
  }

  #tellListeners(): void {
    for (const listener of this.#listeners) listener();
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
    // What is said for this visit alone is kept nowhere else; what was stored may have been changed or deleted by another page.
    const profile = remote.profile();
    const isKeptNowhere = remote.consent().grade === 'none' && profile.sinceMs !== undefined;
    if (isKeptNowhere) await inner.setProfile(profile).catch(() => {});
    this.#moving = null;
    if (!this.#inner) return inner.close();
    this.#inner = inner;
    this.#tellListeners();
  }
}
