/** The same under Node, where the shipped module comes from disk. */
import { fromDisk } from '../disk.js';
import { shipped } from './engine.js';
import { Ranker as Base, type RankerOptions } from './ranker.js';

export type { RankedSlate, RankerOptions, Visitor } from './ranker.js';
export type { ReadFile } from './bundle.js';
export { TriquetaError, type TriquetaErrorCode } from '../errors.js';
export type * from '../types.js';

/** {@link Base} with the shipped module read from disk. */
export class Ranker extends Base {
  static override async open(options: RankerOptions): Promise<Ranker> {
    return super.open({ ...options, wasm: options?.wasm ?? (await fromDisk(shipped())) });
  }
}
