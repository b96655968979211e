// A first list from nothing, without the network: bytes that are there, to rows and scores. Once a page, because a browser
// remembers what it has compiled.

import { bundle } from './contenders/ours.mjs';
import { BEST } from './data.mjs';

/** What each step takes, in ms, and the module's memory after it, in bytes. */
export async function launch(activities) {
  const { default: init, PlainEngine } = await import('/module/triqueta.js');
  const bytes = await (await fetch('/module/triqueta_bg.wasm')).arrayBuffer();
  const { id, now, visitors, files } = await bundle(activities);
  const [visitor] = visitors;
  const times = {};
  const timed = async (step, work) => {
    const started = performance.now();
    const made = await work();
    times[step] = performance.now() - started;
    return made;
  };
  const module = await timed('compile', () => WebAssembly.compile(bytes));
  const { memory } = await timed('instantiate', () => init({ module_or_path: module }));
  const empty = memory.buffer.byteLength;
  const engine = await timed('open', () => PlainEngine.open(id, files));
  const opened = memory.buffer.byteLength;
  await timed('first list', () => {
    engine.setVisitor(visitor.profile, visitor.history);
    engine.rank(now, new Uint32Array(BEST), new Float32Array(BEST));
  });
  return { times, memory: { empty, opened, listed: memory.buffer.byteLength } };
}
