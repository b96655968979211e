import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loader } from '../dist/loader.js';

const COMPILED = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));

/** A generated module that notes how it was started. */
function generated({ refuses = null } = {}) {
  const started = [];
  return {
    started,
    async default({ module_or_path: source }) {
      started.push(['waited', source]);
    },
    initSync({ module }) {
      if (refuses) throw refuses;
      started.push(['at once', module]);
    },
  };
}

for (const [name, options, source, expected] of [
  ['what is compiled is started at once', {}, COMPILED, ['at once', COMPILED]],
  ['where a browser does not allow that, it waits', { refuses: new RangeError('disallowed on the main thread') }, COMPILED, ['waited', COMPILED]],
  ['what has to be fetched is waited for', {}, 'https://example.org/module.wasm', ['waited', 'https://example.org/module.wasm']],
  ['without a source the shipped one is fetched', {}, undefined, ['waited', '/shipped.wasm']],
]) {
  test(name, async () => {
    const module = generated(options);
    const load = loader(async () => module, () => '/shipped.wasm');
    assert.equal(await load(source), module);
    await load(source);
    assert.deepEqual(module.started, [expected], 'once');
  });
}

test('what fails while it starts is not taken for started', async () => {
  const module = generated({ refuses: new WebAssembly.RuntimeError('unreachable') });
  const load = loader(async () => module, () => '/shipped.wasm');
  await assert.rejects(load(COMPILED), { code: 'WASM_UNAVAILABLE' });
  assert.deepEqual(module.started, []);
});
