/**
 * The engine alone, for whoever keeps bundles, histories and events by other means: server-side rendering, a service worker, a
 * test, a site with its own tracking. Nothing is stored, fetched or sent here.
 */
import { TriquetaError, toTriquetaError } from '../errors.js';
import type {
  ActivityCard, ActivityId, EventBody, Profile, RecommendRequest, Slate, SlateItem, WasmSource,
} from '../types.js';
import { bundleFiles, type ReadFile } from './bundle.js';
import { loadRanking, type PlainEngine } from './engine.js';

/** Options of {@link Ranker.open}. */
export interface RankerOptions {
  /** The bundle's id, as `channel.json` names it under `variants`. */
  bundle: string;
  /**
   * Gives the bytes of a file by its path relative to the folder that `channel.json` lies in. Nobody may change them
   * afterwards, or hand their memory on: texts, and what remembered activities say of others, are read from them when they are needed.
   */
  read: ReadFile;
  /**
   * `true`: these very bytes were opened before by this version of the package, and kept where nobody changes them: they are
   * neither hashed nor is the self-test run. Default `false`.
   */
  verified?: boolean;
  /** The wasm module, or where it is. Default: the file shipped in this package. */
  wasm?: WasmSource;
}

/** Whom {@link Ranker} ranks for. */
export interface Visitor {
  /** What they told. Default: nothing. */
  profile?: Partial<Profile>;
  /** What they did: what {@link Ranker.history} gave at an earlier visit. Default: nothing. */
  history?: string;
}

/** A list whose activities are ids; {@link Ranker.card} has the rest. */
export type RankedSlate = Omit<Slate, 'items'> & {
  readonly items: readonly (Omit<SlateItem, 'activity'> & { readonly activity: ActivityId })[];
};

/** Ranks for one visitor at a time. */
export class Ranker {
  #inner: PlainEngine | null;
  /** Decides what exploration draws, unless a request says otherwise. */
  readonly #seed = 1 + Math.floor(Math.random() * 2 ** 52);

  protected constructor(inner: PlainEngine) {
    this.#inner = inner;
  }

  /** Opens a bundle. Rejects with a {@link TriquetaError} where it, or the module, is not usable. */
  static async open(options: RankerOptions): Promise<Ranker> {
    try {
      const { bundle, read, verified = false, wasm } = options;
      if (typeof bundle !== 'string' || typeof read !== 'function') {
        throw new TriquetaError('OPTIONS_INVALID', 'Ranker.open needs `bundle`, an id, and `read`, a function.');
      }
      const [{ PlainEngine }, files] = await Promise.all([loadRanking(wasm), bundleFiles(bundle, read, !verified)]);
      return new this(PlainEngine.open(bundle, files, verified));
    } catch (thrown) {
      throw toTriquetaError(thrown);
    }
  }

  /** Takes another visitor. One whose profile or history cannot be read is refused, and the one before stays. */
  setVisitor({ profile = {}, history = '' }: Visitor): void {
    this.#ask((inner) => inner.setVisitor(JSON.stringify(profile), history));
  }

  /** The visitor's history as JSON, to be kept until their next visit. */
  history(): string {
    return this.#ask((inner) => inner.history());
  }

  /** Takes note of something the visitor did. Default for `timeMs`: now. */
  observe(event: EventBody, timeMs: number = Date.now()): void {
    this.#ask((inner) => inner.observe(timeMs, JSON.stringify(event)));
  }

  /** Forgets what the visitor did about an activity. */
  forget(activity: ActivityId): void {
    this.#ask((inner) => inner.forget(activity));
  }

  /** The best activities for the visitor, explained. */
  recommend(request: RecommendRequest = {}): RankedSlate {
    return this.#ask((inner) => JSON.parse(inner.recommend(this.#whole(request))) as RankedSlate);
  }

  /**
   * The same list into typed arrays: numbers of activities, which {@link Ranker.activity} translates, and their scores. As many
   * as both arrays have room for, 1 to 200; the request's limit does not count.
   *
   * @returns How many there are.
   */
  rank(rows: Uint32Array, scores: Float32Array, request: RecommendRequest = {}): number {
    return this.#ask((inner) => inner.rank(this.#whole(request), rows, scores));
  }

  /** How many rows the catalogue has, withdrawn activities among them. */
  get rows(): number {
    return this.#ask((inner) => inner.rows);
  }

  /** The activity of a row. */
  activity(row: number): ActivityId | null {
    return this.#ask((inner) => inner.activity(row)) ?? null;
  }

  /** What people read of an activity; `null` where the catalogue does not have it. */
  card(activity: ActivityId): ActivityCard | null {
    const card = this.#ask((inner) => inner.card(activity));
    return card === undefined ? null : (JSON.parse(card) as ActivityCard);
  }

  /** Gives the memory back. Everything asked afterwards is refused with code `CLOSED`. */
  close(): void {
    this.#inner?.free();
    this.#inner = null;
  }

  #whole(request: RecommendRequest): string {
    const { nowMs = Date.now(), seed = this.#seed, placement = 'list' } = request;
    return JSON.stringify({ ...request, nowMs, seed, placement });
  }

  #ask<Answer>(ask: (inner: PlainEngine) => Answer): Answer {
    if (!this.#inner) throw new TriquetaError('CLOSED', 'This ranker was closed. Open another one.');
    try {
      return ask(this.#inner);
    } catch (thrown) {
      throw toTriquetaError(thrown);
    }
  }
}
