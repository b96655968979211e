/** A worker without a thread: both ends of the real protocol, with messages that are copied as they are between threads. */
import { setImmediate } from 'node:timers';
import { Host } from '../dist/host.js';

/** The last worker that was made. */
export let made = null;

/**
 * Puts in place of the browser's `Worker` one whose module opens engines by `open`, or is not to be had, until the test ends. Gives what
 * the page asked.
 */
export function useWorkers(context, open, load = async (wasm) => ({ Recommender: { open: (...given) => open(...given, wasm) } })) {
  const questions = [];
  class FakeWorker extends EventTarget {
    inside = new EventTarget();
    isAlive = true;

    constructor(url, options) {
      super();
      Object.assign(this, { url: String(url), options });
      made = this;
      new Host({
        addEventListener: (type, listener) => this.inside.addEventListener(type, listener),
        postMessage: (answer) => this.deliver(this, answer),
      }, load);
    }

    postMessage(question) {
      questions.push(structuredClone(question));
      this.deliver(this.inside, question);
    }

    deliver(end, data) {
      const copy = structuredClone(data);
      setImmediate(() => this.isAlive && end.dispatchEvent(new MessageEvent('message', { data: copy })));
    }

    /** As a browser ends a worker it has no memory for: nobody is told. */
    terminate() {
      this.isAlive = false;
    }

    /** As a browser tells of an error nobody caught, which the worker may survive. */
    fail(message, filename = '', lineno = 0) {
      this.dispatchEvent(Object.assign(new Event('error', { cancelable: true }), { message, filename, lineno }));
    }

    /** The end that shows at once: what it sent cannot be read. */
    die() {
      this.dispatchEvent(new Event('messageerror'));
    }
  }
  put(context, 'Worker', FakeWorker);
  return questions;
}

/** Sets a global until the test ends. */
export function put(context, name, value) {
  const before = Object.getOwnPropertyDescriptor(globalThis, name);
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  context.after(() => (before ? Object.defineProperty(globalThis, name, before) : delete globalThis[name]));
}

/** Until all messages under way have arrived. */
export const settled = async () => {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((done) => setImmediate(done));
};

/** An engine that keeps a profile; `more` replaces what it does. */
export function engine(more = {}) {
  let [profile, consent] = [{ tags: [], availability: [] }, { grade: 'none' }];
  return {
    bundle: 'first',
    counted: 0,
    status() { return { source: 'network', bundle: this.bundle, variant: 'default', storage: 'memory', unsaved: 0, problem: null }; },
    consent: () => consent,
    profile: () => profile,
    vocabulary() { this.counted += 1; return { tags: [{ value: this.bundle, count: 1 }] }; },
    async setConsent({ grade }) { return (consent = { grade }); },
    async setProfile(told) { profile = { sinceMs: 1, ...told }; },
    recommend: () => ({ items: ['from the worker'] }),
    async sync() { this.bundle = 'second'; return true; },
    activity: (id) => (id === 'a' ? { id } : undefined),
    record: async () => 'an id',
    leave() {},
    onRenewed() {},
    close() {},
    ...more,
  };
}
