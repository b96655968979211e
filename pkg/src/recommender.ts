/**
 * The recommender a page holds: the wasm engine when it runs, the plain list when it cannot.
 *
 * Thin by intent. Ranking, history, consent and the outbox live in the engine; this class turns errors into one kind,
 * tells listeners that something changed, and makes sure that opening always ends in a list.
 */
import { Delivery } from './delivery.js';
import { TriquetaError, toTriquetaError } from './errors.js';
import { FallbackRecommender } from './fallback.js';
import type {
  ActivityCard, ActivityId, Consent, ConsentChoice, EventBody, FlushReport, Knowledge, OpenOptions, Profile,
  RecommendRequest, RecommenderLike, Slate, Status, Trace, Vocabulary,
} from './types.js';
import type { EngineOptions, EngineRecommender } from './engine.js';
import { doubter, stopIfUnusable } from './signature.js';
import { Tabs } from './tabs.js';
import { loadEngine } from './wasm.js';

type Inner = EngineRecommender | FallbackRecommender;

/** Recommends activities, learns from what happens, explains itself. */
export class Recommender implements RecommenderLike {
  #inner: Inner | null;
  readonly #listeners: Set<() => void> = new Set();
  readonly #delivery: Delivery | null;
  readonly #tabs: Tabs | null;

  protected constructor(inner: Inner, delivers: boolean) {
    this.#inner = inner;
    const engine = inner instanceof FallbackRecommender ? null : inner;
    this.#delivery = delivers && engine ? new Delivery(() => this.flush(), () => engine.leave()) : null;
    this.#tabs = engine && new Tabs(() => this.#change(() => engine.refresh()));
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
    const inner = await openInner(options);
    return new this(inner, !!options.events);
  }

  get status(): Status {
    const inner = this.#open();
    return inner instanceof FallbackRecommender ? inner.status : inner.status();
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

  activity(id: ActivityId): ActivityCard | null {
    return this.#ask((inner) => inner.activity(id) ?? null);
  }

  vocabulary(): Vocabulary {
    return this.#ask((inner) => inner.vocabulary());
  }

  /**
   * Takes note of something that happened. Resolves with the event's id once it is durable, or with `null` when the
   * consent keeps it out of the outbox. Where the disk is full it waits in memory instead: `status.unsaved` counts such
   * events, `status.problem` says why, and they are stored as soon as there is room.
   */
  async record(body: EventBody): Promise<string | null> {
    const id = (await this.#change((inner) => inner.record(body))) ?? null;
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

  /** Releases the engine. Nothing else can be asked afterwards. */
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

  async #wait<Answer>(question: (inner: Inner) => Promise<Answer> | Answer): Promise<Answer> {
    try {
      return await question(this.#open());
    } catch (thrown) {
      throw toTriquetaError(thrown);
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

  async #change<Answer>(action: (inner: Inner) => Promise<Answer>): Promise<Answer> {
    const answer = await this.#wait(action);
    for (const listener of this.#listeners) listener();
    return answer;
  }
}

async function openInner(options: OpenOptions): Promise<Inner> {
  try {
    const engine = await loadEngine(options.wasm);
    return await engine.Recommender.open(engineOptions(options), options.channelKeys && doubter(options.channelKeys));
  } catch (thrown) {
    stopIfAborted(options.signal);
    const reason = toTriquetaError(thrown);
    console.warn(`[triqueta] ${reason.code}: ${reason.message}`);
    return FallbackRecommender.open(options, reason);
  }
}

function engineOptions({ channel, events, storage, locale }: OpenOptions): EngineOptions {
  return {
    channel,
    ...(events === undefined ? {} : { events }),
    ...(storage === undefined ? {} : { storage }),
    ...(locale === undefined ? {} : { locale }),
  };
}

function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new TriquetaError('ABORTED', 'Opening was stopped through its AbortSignal.', signal.reason);
}
