/**
 * What the page and its worker say to each other: a question with a number, and the answer to it. Without a question the worker says
 * only that a bundle has come that nobody waited for.
 *
 * What a page is told at once (status, consent, profile, vocabulary) comes along with every answer.
 */
import type { EngineOptions, EngineRecommender, EngineStatus } from './engine.js';
import type { Consent, ConsentChoice, ConsentGrade, Profile, Vocabulary, WasmSource } from './types.js';

/** What the engine itself answers. */
export type EngineMethods = Omit<EngineRecommender, 'status' | 'consent' | 'profile' | 'vocabulary' | 'onRenewed' | 'close'>;

/** What the page's own thread found when it went on in place of a worker that died. */
export interface Found {
  readonly consent: Consent;
  /** Whether consent and profile are those that the worker told of last. */
  readonly isAsTold: boolean;
}

const always = (): boolean => true;
const never = (): boolean => false;

/** Whether a question that a worker died over is asked again of what goes on. */
export const MAY_BE_ASKED_AGAIN: {
  readonly [Method in keyof EngineMethods]: (found: Found, ...given: Parameters<EngineMethods[Method]>) => boolean;
} = {
  // What another page decided meanwhile, perhaps a withdrawal, is not undone by a choice that is older.
  setConsent: (found, choice) => found.isAsTold || allowsNoMore(choice, found.consent),
  setProfile: (found) => found.isAsTold,
  // It might be stored twice.
  record: never,
  recommend: always,
  similar: always,
  activity: always,
  flush: always,
  leave: always,
  refresh: always,
  sync: always,
  trace: always,
  knowledge: always,
  exportData: always,
  forget: always,
};

const GRADES: readonly ConsentGrade[] = ['none', 'device', 'upload'];

function allowsNoMore(choice: ConsentChoice, consent: Consent): boolean {
  const minor = choice.minor ?? false;
  const grade = minor ? 'none' : choice.grade;
  return GRADES.indexOf(grade) <= GRADES.indexOf(consent.grade) &&
    (consent.location || !choice.location) && (minor || !consent.minor);
}

/** What can be asked. */
export interface Methods extends EngineMethods {
  /** A sign of life. */
  hello(): void;
  /** Loads the module. */
  load(wasm: WasmSource | undefined): void;
  /** Opens the engine. Addresses are absolute: a worker would take them as relative to its script. */
  open(options: EngineOptions, channelKeys: readonly string[] | undefined): void;
  /** Ends the engine once what is under way is done. */
  close(): void;
}

/** From the page. */
export type Question = {
  [Method in keyof Methods]: {
    readonly id: number;
    readonly method: Method;
    readonly arguments: Parameters<Methods[Method]>;
    /** Whether the page's browser asks not to be tracked: not every browser tells its workers. */
    readonly signal: boolean;
  };
}[keyof Methods];

/** The number of an answer to no question: how things stand since a bundle came that nobody waited for. */
export const RENEWED = 0;

/** From the worker. */
export interface Answer {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: { readonly code: string; readonly message: string };
  /** How things stand by now; absent until the engine is open. */
  readonly snapshot?: Snapshot;
}

/** What a page is told at once. */
export interface Snapshot {
  readonly status: EngineStatus;
  readonly consent: Consent;
  readonly profile: Profile;
  /** Only with the first answer from a bundle. */
  readonly vocabulary?: Vocabulary;
}

/** The worker's end. */
export interface Port {
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  postMessage(message: Answer): void;
}
