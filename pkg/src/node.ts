/**
 * The same package under Node, where `fetch` cannot read files: the shipped module comes from disk.
 */
import { fromDisk } from './disk.js';
import { Recommender as Base } from './recommender.js';
import { shipped } from './shipped.js';
import type { OpenOptions, WasmSource } from './types.js';
import { init as initBase } from './wasm.js';

export { TriquetaError, type TriquetaErrorCode } from './errors.js';
export type * from './types.js';

/** {@link Base} with the shipped module read from disk. */
export class Recommender extends Base {
  static override async open(options: OpenOptions): Promise<Recommender> {
    return super.open({ ...options, wasm: options?.wasm ?? (await fromDisk(shipped())) });
  }
}

/** Loads the engine ahead of the first `open`. */
export async function init(options: { wasm?: WasmSource } = {}): Promise<void> {
  await initBase({ wasm: options.wasm ?? (await fromDisk(shipped())) });
}
