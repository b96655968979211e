/**
 * The contract of the package: what goes in, what comes out, with every default.
 *
 * Written by hand on purpose. The engine's generated declarations may move with the engine; this file moves only when
 * the contract with the pages that use us does.
 */

/** Identifier of an activity, as the catalogue has it. */
export type ActivityId = string;

/** Where the wasm module comes from, when the bundler's default place does not fit. */
export type WasmSource = string | URL | Response | BufferSource | WebAssembly.Module;

/** Options of {@link Recommender.open}. */
export interface OpenOptions {
  /** URL of `channel.json`, absolute or relative to the page. */
  channel: string;
  /**
   * Public keys, each of 64 hexadecimal digits as `triqueta key` prints them. With keys a channel counts only where
   * `channel.json.sig` beside it has an Ed25519 signature by one of them; name the old key and the new one while you change
   * keys. Absent: channels need no signature.
   */
  channelKeys?: readonly string[];
  /**
   * URL that takes events (`POST`), absolute or relative to the page's own address, whatever a `<base>` says; with the site's key
   * where the server asks for one: `/v1/events?key=…`. Absent: nothing is ever sent, whatever the consent. A visitor's consent
   * to send is for this address: on a page with another one it counts as `device` until they choose there too.
   */
  events?: string;
  /** URL of the plain list. Default: `fallback.json` beside the channel. */
  fallback?: string;
  /** Where state is kept. Default `'auto'`: IndexedDB where the browser allows it, memory otherwise. */
  storage?: 'auto' | 'memory';
  /** Language of the engine's own sentences. Default `'es'`. Slates always carry both. */
  locale?: 'es' | 'en';
  /** The wasm module, or where it is. Default: the file shipped in this package. */
  wasm?: WasmSource;
  /**
   * `true`: everything happens in a worker of its own, and the page never waits: worth it with catalogues of tens of thousands of
   * activities, on slow devices, or where the page animates while it opens. Default `false`, on the page's own thread: a
   * list of some thousands takes less than a millisecond, and a worker starts later and fetches a script of its own. Where no
   * worker can be had, or it dies, the page's own thread goes on: `status.thread` and `status.problem` say so.
   */
  worker?: boolean;
  /** Stops the opening; `open` then rejects with code `ABORTED`. */
  signal?: AbortSignal;
}

/** What stands between the visitor and full service. */
export interface Problem {
  /** Stable code, see {@link TriquetaErrorCode}. */
  readonly code: string;
  /** What happened, the likely cause, and what to do. English, for the console. */
  readonly message: string;
}

/** What is running, and on what. */
export interface Status {
  /**
   * `network`: bundle fetched or confirmed now; `stored`: kept from an earlier visit, because there is no network, what it
   * has is not good, or it takes more than three seconds: then its bundle follows by itself; `fallback`: plain list.
   */
  readonly source: 'network' | 'stored' | 'fallback';
  /** Content-hashed id of the bundle in use; `null` on the plain list. */
  readonly bundle: string | null;
  /** Experiment variant; `default` when there is no experiment. */
  readonly variant: string;
  /** Where the engine runs. In a worker status, consent, profile and vocabulary are as of its last answer. */
  readonly thread: 'page' | 'worker';
  /** Where state is kept. */
  readonly storage: 'indexeddb' | 'memory';
  /** How many events wait in memory alone, because nothing is kept or the disk is full: lost if the page closes first. */
  readonly unsaved: number;
  /** Why service is reduced; `null` when it is not. */
  readonly problem: Problem | null;
}

/** How much the visitor allows. */
export type ConsentGrade = 'none' | 'device' | 'upload';

/** A choice to hand to {@link Recommender.setConsent}. */
export interface ConsentChoice {
  /** `none`: this visit only; `device`: kept here, never sent; `upload`: events are sent from now on. */
  grade: ConsentGrade;
  /** Whether the device's position may be used. A separate opt-in. Default `false`. */
  location?: boolean;
  /** Minor's mode: keeps nothing and sends nothing, whatever the grade. Default `false`. */
  minor?: boolean;
}

/** The choice in force. */
export interface Consent {
  readonly grade: ConsentGrade;
  readonly location: boolean;
  readonly minor: boolean;
  /** Version of the text the visitor agreed to. */
  readonly textVersion: string | number;
  /** When the choice was made, milliseconds since 1970; `null` or `0` when nobody has chosen yet. */
  readonly timeMs: number | null;
  /** Whether the browser asks not to be tracked (Global Privacy Control, Do Not Track): then `upload` becomes `device`. */
  readonly signal: boolean;
}

/** What the visitor told us about themselves. Every field can be left out. */
export interface Profile {
  /** Interest tags, from {@link Vocabulary.tags}. Default none. */
  tags: string[];
  /** Preferred locality, from {@link Vocabulary.localities}. */
  locality?: string;
  /** When they have time, from {@link Vocabulary.availability}. Default none. */
  availability: string[];
  /** Preferred level, from {@link Vocabulary.levels}. */
  level?: string;
  /** When the visitor was first seen, milliseconds since 1970. Kept by the engine. */
  sinceMs?: number;
  /** Position, kept only with the location opt-in. */
  location?: { lat: number; lon: number };
}

/** Hard limits on a list. Absent means no limit. */
export interface Filters {
  types?: string[];
  localities?: string[];
  tags?: string[];
  /** `true`: only free of charge; those of unknown price are left out. */
  free?: boolean;
  /** Highest price, in the city's currency; those of unknown price are left out. */
  maxPrice?: number;
  /** Starts at or after, milliseconds since 1970. */
  fromMs?: number;
  /** Starts before, milliseconds since 1970. */
  toMs?: number;
  /** Within `km` of a point; those of unknown place are left out. */
  within?: { lat: number; lon: number; km: number };
  /** Words in title, tags, organiser or locality, whatever case and accents. */
  query?: string;
  /** Default `false`: activities that are over are left out. */
  includePast?: boolean;
  /** Default `false`: saved ones stay on the list. */
  excludeFavourites?: boolean;
  /** Default `false`. `true`: the saved ones alone. */
  onlyFavourites?: boolean;
  /** Default `false`: what the visitor said is not for them is left out. */
  includeDisliked?: boolean;
  /** Without these. */
  exclude?: ActivityId[];
}

/** Which model ranks. */
export type Ranking = 'learned' | 'rule' | 'popularity' | 'content';

/** What to recommend. */
export interface RecommendRequest {
  /** How many. Default 10, at most 200. */
  limit?: number;
  filters?: Filters;
  /** Default `'learned'`. */
  ranking?: Ranking;
  /** 0: by score alone; 1: as different from each other as can be. Default: the bundle's. */
  diversity?: number;
  /** How many slots may explore, at most 5. Default: the bundle's. */
  explorationSlots?: number;
  /** Name of the place on the page, kept with events. Default `'list'`. */
  placement?: string;
  /** Advanced: the moment to recommend for, milliseconds since 1970. Default: now, by the device's clock. */
  nowMs?: number;
  /** Advanced: decides what exploration draws, 1 to 2⁵³; the same seed gives the same list. Default: one a visit. */
  seed?: number;
}

/** An activity as people read it. */
export interface ActivityCard {
  readonly id: ActivityId;
  readonly title: string;
  readonly description: string;
  readonly type: string | null;
  readonly tags: string[];
  readonly locality: string | null;
  readonly level: string | null;
  readonly address: string;
  readonly lat: number | null;
  readonly lon: number | null;
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly endMs: number | null;
  /** The city's clock at the start: local time minus UTC, in minutes. */
  readonly offsetMinutes?: number;
  /** In the city's currency; 0 is free, `null` unknown. */
  readonly price: number | null;
  /** `null` where the price is unknown. */
  readonly free: boolean | null;
  readonly organiser: string | null;
  readonly series: string | null;
  readonly link: string | null;
  readonly image: string | null;
}

/** One part of a score. The parts add up to it. */
export interface Contribution {
  readonly component: string;
  readonly value: number;
}

/** Why an activity is recommended. */
export interface Reason {
  readonly code: string;
  /** Spanish sentence. */
  readonly text: string;
  /** The same in English. */
  readonly english: string;
}

/** What the log needs to know of a shown item. Opaque: hand it back with events as it came. */
export interface Shown {
  readonly [field: string]: unknown;
}

/** An activity in its place on a list. */
export interface SlateItem {
  readonly activity: ActivityCard;
  /** From 0. */
  readonly position: number;
  readonly score: number;
  /** The score on a scale people read, 0–100. */
  readonly display: number;
  /** Exact probability of this activity in this slot given the slots before it. */
  readonly propensity: number;
  readonly slot: 'ranked' | 'exploration';
  readonly contributions: Contribution[];
  readonly reason: Reason;
  readonly favourite: boolean;
  readonly liked: boolean;
  readonly shown: Shown;
}

/** A ranked list. */
export interface Slate {
  readonly id: string;
  readonly bundle: string | null;
  readonly variant: string;
  readonly ranking: Ranking;
  readonly items: SlateItem[];
  /** How many passed the filters, before the limit. */
  readonly total: number;
  readonly nowMs: number;
  readonly seed: number | string;
}

/**
 * A list with everything it was made from, for `triqueta replay-slate` to compute it again. Profile and history are in
 * it: it leaves the device only by the visitor's own hand.
 */
export interface Trace {
  readonly version: number;
  readonly profile: Profile;
  /** The history, as text. */
  readonly history: string;
  readonly request: RecommendRequest;
  readonly slate: Omit<Slate, 'items'> & { readonly items: readonly { readonly activity: ActivityId }[] };
}

/** A value of a vocabulary and how many activities have it. */
export interface VocabularyEntry {
  readonly value: string;
  readonly count: number;
}

/** The words this city's data uses. Nothing of it is built in. */
export interface Vocabulary {
  readonly types: VocabularyEntry[];
  readonly localities: VocabularyEntry[];
  readonly levels: VocabularyEntry[];
  readonly tags: VocabularyEntry[];
  readonly availability: VocabularyEntry[];
  /** The city the data is of, where the bundle says it. `currency` is an ISO 4217 code. */
  /** `simulated`: activities and visitors are invented, and the page must say so. */
  readonly city?: { readonly name: string; readonly currency: string; readonly simulated?: boolean };
}

/** Where a detail view was opened from. */
export type DetailSource = 'recommendation' | 'search' | 'favourites' | 'list' | 'similar';

/** Something that happened, as it travels. */
export type EventBody =
  | { kind: 'impression'; shown: Shown }
  | { kind: 'viewed'; shown: Shown }
  | {
      kind: 'detail_view';
      activity: ActivityId;
      dwell_seconds: number;
      /** 0–1. */
      scroll_depth: number;
      external_click: boolean;
      source: DetailSource;
      shown?: Shown;
    }
  | {
      kind: 'search';
      query: string;
      filters: Record<string, string>;
      result_count: number;
      clicked: ActivityId[];
    }
  | {
      kind: 'navigation';
      action: 'view_list' | 'apply_filter' | 'sort_by';
      parameters: Record<string, string>;
      activity?: ActivityId;
    }
  | { kind: 'feedback'; activity: ActivityId; opinion: 'like' | 'dislike' | 'maybe'; shown?: Shown }
  | { kind: 'rating'; activity: ActivityId; stars: number; comment?: string }
  | { kind: 'favourite'; activity: ActivityId; action: 'added' | 'removed'; shown?: Shown }
  | { kind: 'attendance'; activity: ActivityId; attended: boolean; stars?: number; comment?: string }
  | { kind: 'session'; device_type: 'mobile' | 'tablet' | 'desktop' | 'other'; browser: string; locale: string };

/** What a flush did. */
export interface FlushReport {
  readonly sent: number;
  readonly acknowledged: number;
  readonly pending: number;
  readonly dropped: number;
  /** When the next try is due; `null` when none is. */
  readonly retryInMs: number | null;
}

/** An activity the device remembers something about. */
export interface KnownInteraction {
  readonly activity: ActivityId;
  readonly title: string;
  readonly kinds: string[];
  readonly lastMs: number;
  readonly weight: number;
}

/** A taste read out of the interactions. */
export interface Inferred {
  readonly value: string;
  readonly weight: number;
}

/** What the device knows, and what leaves it. */
export interface Knowledge {
  readonly consent: Consent;
  readonly profile: Profile;
  readonly interactions: KnownInteraction[];
  readonly inferred: {
    readonly tags: Inferred[];
    readonly types: Inferred[];
    readonly localities: Inferred[];
    readonly organisers: Inferred[];
  };
  /** Events that wait, of these in memory alone, confirmed by the server, and dropped because the queue was full or old. */
  readonly outbox: { readonly pending: number; readonly unsaved: number; readonly acknowledged: number; readonly dropped: number };
  /** Random name of this device in the log; `null` while nothing is sent. */
  readonly deviceId: string | null;
}

/** What every recommender offers: the learned one and the plain list alike. */
export interface RecommenderLike {
  readonly status: Status;
  consent(): Consent;
  setConsent(choice: ConsentChoice): Promise<Consent>;
  profile(): Profile;
  setProfile(profile: Profile): Promise<void>;
  recommend(request?: RecommendRequest): Promise<Slate>;
  similar(id: ActivityId, limit?: number): Promise<Slate>;
  activity(id: ActivityId): Promise<ActivityCard | null>;
  vocabulary(): Vocabulary;
  record(body: EventBody): Promise<string | null>;
  flush(): Promise<FlushReport>;
  sync(): Promise<boolean>;
  trace(request?: RecommendRequest): Promise<Trace>;
  knowledge(): Promise<Knowledge>;
  exportData(): Promise<string>;
  forget(activityId?: ActivityId): Promise<void>;
  close(): void;
}
