/**
 * What the visitor sees when WebAssembly, the bundle or a browser feature fails: a plain list, never an empty page.
 *
 * It ranks by the present rule, filters, and keeps the profile while the page is open. It records nothing and sends
 * nothing, whatever the consent.
 */
import { absolute } from './address.js';
import { TriquetaError, toTriquetaError } from './errors.js';
import { order, orderBySimilarity, passes, type Scored } from './rule.js';
import type {
  ActivityCard, ActivityId, Consent, ConsentChoice, EventBody, FlushReport, Knowledge, OpenOptions, Problem, Profile,
  RecommendRequest, RecommenderLike, Slate, Status, Trace, Vocabulary, VocabularyEntry,
} from './types.js';

const DEFAULT_LIMIT = 10;
const NO_CONSENT: Consent = { grade: 'none', location: false, minor: false, textVersion: 0, timeMs: null, signal: false };

/** A recommender over `fallback.json`. */
export class FallbackRecommender implements RecommenderLike {
  readonly status: Status;
  readonly #activities: ActivityCard[];
  readonly #now: () => number;
  #consent: Consent = NO_CONSENT;
  #profile: Profile = { tags: [], availability: [] };
  #slates = 0;

  constructor(activities: ActivityCard[], problem: Problem, now: () => number = Date.now) {
    this.#activities = activities;
    this.#now = now;
    this.status = { source: 'fallback', bundle: null, variant: 'default', thread: 'page', storage: 'memory', unsaved: 0, problem };
  }

  /** Fetches the plain list. When even that fails the list is empty and `status.problem` says so. */
  static async open(options: OpenOptions, reason: TriquetaError): Promise<FallbackRecommender> {
    try {
      const activities = await fetchActivities(options);
      return new FallbackRecommender(activities, { code: reason.code, message: reason.message });
    } catch (thrown) {
      const message =
        `${reason.message} The plain list could not be read either (${toTriquetaError(thrown).message}): ` +
        'check the connection and that fallback.json lies beside channel.json.';
      return new FallbackRecommender([], { code: 'FALLBACK_UNAVAILABLE', message });
    }
  }

  consent(): Consent {
    return this.#consent;
  }

  async setConsent(choice: ConsentChoice): Promise<Consent> {
    this.#consent = {
      grade: choice.minor ? 'none' : choice.grade,
      location: !choice.minor && (choice.location ?? false),
      minor: choice.minor ?? false,
      textVersion: 0,
      timeMs: this.#now(),
      signal: false,
    };
    return this.#consent;
  }

  profile(): Profile {
    return structuredClone(this.#profile);
  }

  async setProfile(profile: Profile): Promise<void> {
    this.#profile = structuredClone(profile);
  }

  async recommend(request: RecommendRequest = {}): Promise<Slate> {
    const now = request.nowMs ?? this.#now();
    const saved = request.filters?.onlyFavourites ? [] : this.#activities;
    const passing = saved.filter((activity) => passes(activity, request.filters ?? {}, now));
    return this.#slate(order(passing, this.#profile), request.limit ?? DEFAULT_LIMIT, now);
  }

  async similar(id: ActivityId, limit: number = DEFAULT_LIMIT): Promise<Slate> {
    const now = this.#now();
    const like = await this.activity(id);
    const others = this.#activities.filter((activity) => activity.id !== id && passes(activity, {}, now));
    return this.#slate(like ? orderBySimilarity(others, like) : [], limit, now);
  }

  async activity(id: ActivityId): Promise<ActivityCard | null> {
    return this.#activities.find((activity) => activity.id === id) ?? null;
  }

  vocabulary(): Vocabulary {
    const all = this.#activities;
    return {
      types: count(all.flatMap((activity) => activity.type ?? [])),
      localities: count(all.flatMap((activity) => activity.locality ?? [])),
      levels: count(all.flatMap((activity) => activity.level ?? [])),
      tags: count(all.flatMap((activity) => activity.tags)),
      availability: [],
    };
  }

  async record(_body: EventBody): Promise<null> {
    return null;
  }

  async flush(): Promise<FlushReport> {
    return { sent: 0, acknowledged: 0, pending: 0, dropped: 0, retryInMs: null };
  }

  async sync(): Promise<false> {
    return false;
  }

  async trace(): Promise<Trace> {
    throw new TriquetaError('TRACE_UNAVAILABLE', 'The plain list has no inputs to replay: see `status.problem` for why it is shown.');
  }

  async knowledge(): Promise<Knowledge> {
    return {
      consent: this.#consent,
      profile: this.profile(),
      interactions: [],
      inferred: { tags: [], types: [], localities: [], organisers: [] },
      outbox: { pending: 0, unsaved: 0, acknowledged: 0, dropped: 0 },
      deviceId: null,
    };
  }

  async exportData(): Promise<string> {
    return JSON.stringify(await this.knowledge(), null, 2);
  }

  async forget(activityId?: ActivityId): Promise<void> {
    if (activityId === undefined) this.#profile = { tags: [], availability: [] };
  }

  close(): void {}

  #slate(scored: Scored[], limit: number, nowMs: number): Slate {
    this.#slates += 1;
    const items = scored.slice(0, limit).map((entry, position) => ({
      ...entry,
      position,
      display: Math.min(entry.score, 100),
      propensity: 1,
      slot: 'ranked' as const,
      favourite: false,
      liked: false,
      shown: {},
    }));
    return {
      id: `fallback-${this.#slates}`, bundle: null, variant: 'default', ranking: 'rule', items, total: scored.length, nowMs,
      seed: 0,
    };
  }
}

async function fetchActivities(options: OpenOptions): Promise<ActivityCard[]> {
  const url = options.fallback ?? new URL('fallback.json', absolute(options.channel));
  const response = await fetch(url, options.signal ? { signal: options.signal } : {});
  if (!response.ok) throw new TriquetaError('FALLBACK_UNAVAILABLE', `${url} answered ${response.status}.`);
  const body: unknown = await response.json();
  const listed = typeof body === 'object' && body !== null && 'activities' in body ? body.activities : null;
  if (!Array.isArray(listed)) throw new TriquetaError('FALLBACK_UNAVAILABLE', `${url} has no list of activities.`);
  return listed.filter(isActivity);
}

function isActivity(value: unknown): value is ActivityCard {
  const card = value as Partial<ActivityCard> | null;
  return typeof card?.id === 'string' && typeof card.title === 'string' && typeof card.startMs === 'number' &&
    Array.isArray(card.tags);
}

function count(values: string[]): VocabularyEntry[] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .map(([value, times]) => ({ value, count: times }))
    .sort((left, right) => right.count - left.count || (left.value < right.value ? -1 : 1));
}
