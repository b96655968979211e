/** The module as shipped that this engine can run, in the form every bundler recognises as an asset. */
import { hasSimd } from './simd.js';

/** Its address. */
export const shipped = (): URL =>
  hasSimd()
    ? new URL('./wasm/triqueta_bg.wasm', import.meta.url)
    : new URL('./wasm/triqueta_scalar_bg.wasm', import.meta.url);
