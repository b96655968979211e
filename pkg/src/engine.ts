/**
 * What this package expects of the wasm-bindgen module that `build.sh` puts into `dist/wasm/`.
 * A test holds the generated declarations against it.
 */
import type {
  ActivityCard, Consent, ConsentChoice, EventBody, FlushReport, Knowledge, Profile, RecommendRequest, Slate, Status,
  Trace, Vocabulary,
} from './types.js';
import type { Generated } from './loader.js';
import type { Doubt } from './signature.js';

/** Options the engine takes. */
export interface EngineOptions {
  channel: string;
  events?: string;
  storage?: 'auto' | 'memory';
  locale?: 'es' | 'en';
}

/** What is running, but for the thread, which the engine does not know. */
export type EngineStatus = Omit<Status, 'thread'>;

/** The engine's recommender, one to one. */
export interface EngineRecommender {
  status(): EngineStatus;
  consent(): Consent;
  setConsent(choice: ConsentChoice): Promise<Consent>;
  profile(): Profile;
  setProfile(profile: Profile): Promise<void>;
  recommend(request: RecommendRequest): Promise<Slate> | Slate;
  similar(id: string, limit?: number): Promise<Slate> | Slate;
  activity(id: string): Promise<ActivityCard | null | undefined> | ActivityCard | null | undefined;
  vocabulary(): Vocabulary;
  record(body: EventBody): Promise<string | null | undefined>;
  flush(): Promise<FlushReport>;
  leave(): void;
  refresh(): Promise<void>;
  sync(): Promise<boolean>;
  trace(request: RecommendRequest): Promise<Trace> | Trace;
  knowledge(): Promise<Knowledge> | Knowledge;
  exportData(): Promise<string> | string;
  forget(activityId?: string): Promise<void>;
  /** Calls back when a bundle has come that the first list did not wait for. */
  onRenewed(callback: () => void): void;
  close(): void;
}

/** The generated module. */
export interface EngineModule extends Generated {
  Recommender: { open(options: EngineOptions, doubt?: Doubt): Promise<EngineRecommender> };
  sendWaiting(): Promise<boolean>;
}
