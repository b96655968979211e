/**
 * The same package under Node, where `fetch` cannot read files: the shipped module comes from disk.
 */
import { readFile } from 'node:fs/promises';
import { Recommender as Base } from './recommender.js';
import { hasSimd } from './simd.js';
import type { OpenOptions, WasmSource } from './types.js';
import { init as initBase } from './wasm.js';

export { TriquetaError, type TriquetaErrorCode } from './errors.js';
export type * from './types.js';

/** {@link Base} with the shipped module read from disk. */
export class Recommender extends Base {
  static override async open(options: OpenOptions): Promise<Recommender> {
    return super.open({ ...options, wasm: options?.wasm ?? (await shipped()) });
  }
}

/** Loads the engine ahead of the first `open`. */
export async function init(options: { wasm?: WasmSource } = {}): Promise<void> {
  await initBase({ wasm: options.wasm ?? (await shipped()) });
}

/** The bytes when the file is there; the address otherwise, so that opening says what is missing. */
async function shipped(): Promise<WasmSource> {
  const name = hasSimd() ? 'triqueta_bg.wasm' : 'triqueta_scalar_bg.wasm';
  const file = new URL(`./wasm/${name}`, import.meta.url);
  return readFile(file).catch(() => file);
}
