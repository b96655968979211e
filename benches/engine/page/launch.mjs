// A first list, without the network: bytes that are there, to rows and scores. Once a page, because a page remembers what it has
// compiled.

import { bundle, hashed } from './contenders/ours.mjs';
import { BEST } from './data.mjs';

/** So many ms a module runs until it counts as optimised. */
const WARM = 2_000;

/**
 * What each step takes, in ms, and the module's memory after it, in bytes: of a `first` visit; of a `later` one, which knows
 * that its bundle was verified; or of one whose module is `compiled` besides, as fast as the browser makes it.
 */
export async function launch(activities, visit) {
  const bytes = await bytesOf('ranking');
  const { id, now, visitors, files } = await bundle(activities);
  const [visitor] = visitors;
  const times = {};
  const timed = async (step, work) => {
    const started = performance.now();
    const made = await work();
    times[step] = performance.now() - started;
    return made;
  };
  const list = (engine) => {
    engine.setVisitor(visitor.profile, visitor.history);
    engine.rank(JSON.stringify({ nowMs: now }), new Uint32Array(BEST), new Float32Array(BEST));
  };
  const open = async ({ PlainEngine }) => visit === 'first'
    ? PlainEngine.open(id, await hashed(files), false)
    : PlainEngine.open(id, files, true);
  const module = await timed('compile', () => WebAssembly.compile(bytes));
  if (visit === 'compiled') {
    const glue = instance(module, await glueOf('ranking', 'warm'));
    for (const until = performance.now() + WARM; performance.now() < until; ) {
      const engine = await open(glue);
      for (let call = 0; call < 20; call++) list(engine);
      engine.free();
    }
  }
  const script = await glueOf('ranking', 'measured');
  const glue = await timed('instantiate', () => instance(module, script));
  const { memory } = glue;
  const empty = memory.buffer.byteLength;
  const engine = await timed('open', () => open(glue));
  const opened = memory.buffer.byteLength;
  await timed('first list', () => list(engine));
  if (visit === 'compiled') {
    const whole = await WebAssembly.compile(await bytesOf('triqueta'));
    const itsScript = await glueOf('triqueta', 'measured');
    await timed('the whole module', () => instance(whole, itsScript));
  }
  return { times, memory: { empty, opened, listed: memory.buffer.byteLength } };
}

const bytesOf = async (module) => (await fetch(`/module/${module}_bg.wasm`)).arrayBuffer();

/** A module's JavaScript, once a use: each serves one instance. */
const glueOf = (module, use) => import(`/module/${module}.js?${use}`);

/** As the package does with what is compiled. */
function instance(module, glue) {
  const { memory } = glue.initSync({ module });
  return { ...glue, memory };
}
