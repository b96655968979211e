/** How a WebAssembly module gets in, once, and only when asked: the first call loads it, every later one shares it. */
import { TriquetaError, toTriquetaError } from './errors.js';
import type { WasmSource } from './types.js';

/** What wasm-bindgen makes of every module. */
export interface Generated {
  default(input: { module_or_path: unknown }): Promise<unknown>;
  initSync(input: { module: unknown }): unknown;
}

/** Whether what is compiled is ready at once: to wait for a promise takes longer. Browsers of before 2023 do not allow it. */
function isReadyAtOnce(module: Generated, source: WasmSource | undefined): boolean {
  if (!(source instanceof WebAssembly.Module)) return false;
  try {
    module.initSync({ module: source });
    return true;
  } catch (thrown) {
    if (thrown instanceof RangeError) return false;
    throw thrown;
  }
}

/**
 * A module that is loaded and ready once it is asked for. A failed load is not remembered, so that a later try can succeed.
 *
 * @param script Imports the module's JavaScript.
 * @param shipped Where the module is, where nobody says so.
 */
export function loader<Module extends Generated>(
  script: () => Promise<unknown>,
  shipped: () => WasmSource,
): (source?: WasmSource) => Promise<Module> {
  let loading: Promise<Module> | null = null;
  const load = async (source: WasmSource | undefined): Promise<Module> => {
    if (typeof WebAssembly !== 'object') {
      throw new TriquetaError(
        'WASM_UNSUPPORTED',
        'This browser has no WebAssembly (too old, or switched off by a lockdown mode).',
      );
    }
    try {
      const module = (await script()) as Module;
      if (!isReadyAtOnce(module, source)) await module.default({ module_or_path: source ?? shipped() });
      return module;
    } catch (thrown) {
      const cause = toTriquetaError(thrown);
      throw new TriquetaError(
        'WASM_UNAVAILABLE',
        `The WebAssembly module did not load (${cause.message}). Check that it is served as ` +
          "application/wasm, that the Content-Security-Policy allows 'wasm-unsafe-eval', or pass `wasm` yourself.",
        thrown,
      );
    }
  };
  return (source) => {
    loading ??= load(source).catch((thrown: unknown) => {
      loading = null;
      throw thrown;
    });
    return loading;
  };
}
