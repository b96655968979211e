/** The worker's side: it opens an engine when it is told to, and answers what the page asks of it. */
import type { EngineModule, EngineOptions, EngineRecommender } from './engine.js';
import { noWorker, toTriquetaError } from './errors.js';
import { RENEWED, type Answer, type Port, type Question, type Snapshot } from './protocol.js';
import { doubter } from './signature.js';
import type { WasmSource } from './types.js';

/** Answers what comes in through a port. */
export class Host {
  readonly #load: (wasm: WasmSource | undefined) => Promise<EngineModule>;
  readonly #port: Port;
  readonly #underWay: Set<Promise<void>> = new Set();
  #module: EngineModule | null = null;
  #engine: EngineRecommender | null = null;
  /** The bundle whose vocabulary the page has. */
  #told: string | null = null;

  constructor(port: Port, load: (wasm: WasmSource | undefined) => Promise<EngineModule>) {
    this.#load = load;
    this.#port = port;
    port.addEventListener('message', ({ data }) => {
      const work = this.#answer(data as Question).then((answer) => say(port, answer));
      this.#underWay.add(work);
      void work.finally(() => this.#underWay.delete(work));
    });
  }

  async #answer(question: Question): Promise<Answer> {
    const { id, signal } = question;
    try {
      if (signal) askNotToBeTracked();
      return { id, answer: await this.#carryOut(question), ...this.#snapshot() };
    } catch (thrown) {
      return { ...failed(id, thrown), ...this.#snapshot() };
    }
  }

  #carryOut(question: Question): unknown {
    switch (question.method) {
      case 'hello':
        return undefined;
      case 'load':
        return this.#loadModule(...question.arguments);
      case 'open':
        return this.#open(...question.arguments);
      case 'close':
        return this.#close();
      default: {
        const engine = this.#engine;
        const method = engine?.[question.method] as ((...given: unknown[]) => unknown) | undefined;
        return method?.apply(engine, question.arguments);
      }
    }
  }

  async #loadModule(wasm: WasmSource | undefined): Promise<void> {
    try {
      this.#module = await this.#load(wasm);
    } catch (thrown) {
      throw noWorker(`the module does not run in it: ${toTriquetaError(thrown).message}`, thrown);
    }
  }

  async #open(options: EngineOptions, channelKeys: readonly string[] | undefined): Promise<void> {
    this.#engine = (await this.#module?.Recommender.open(options, channelKeys && doubter(channelKeys))) ?? null;
    this.#engine?.onRenewed(() => say(this.#port, { id: RENEWED, ...this.#snapshot() }));
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    this.#engine?.close();
    this.#engine = null;
  }

  #snapshot(): { snapshot?: Snapshot } {
    const engine = this.#engine;
    if (!engine) return {};
    try {
      const [status, consent, profile] = [engine.status(), engine.consent(), engine.profile()];
      if (status.bundle === this.#told) return { snapshot: { status, consent, profile } };
      const snapshot = { status, consent, profile, vocabulary: engine.vocabulary() };
      this.#told = status.bundle;
      return { snapshot };
    } catch {
      // An engine that stopped says so with its answer; the page keeps what it was told before.
      return {};
    }
  }
}

function say(port: Port, answer: Answer): void {
  try {
    port.postMessage(answer);
  } catch (thrown) {
    // Better than a question that waits for ever.
    port.postMessage(failed(answer.id, thrown));
  }
}

function failed(id: number, thrown: unknown): Answer {
  const { code, message } = toTriquetaError(thrown);
  return { id, error: { code, message } };
}

/** Where the engine looks for it. A signal that was given once in a visit is not taken back. */
function askNotToBeTracked(): void {
  Object.defineProperty(navigator, 'globalPrivacyControl', { value: true, configurable: true });
}
