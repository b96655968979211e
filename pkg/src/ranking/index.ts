/**
 * `@triqueta/recommender/ranking`: a smaller module that only ranks, for pages and servers that keep bundles, histories and
 * events by their own means.
 *
 * Importing this module fetches nothing, compiles nothing and touches no global: it is safe in server-side rendering.
 */
export { Ranker, type RankedSlate, type RankerOptions, type Visitor } from './ranker.js';
export type { ReadFile } from './bundle.js';
export { TriquetaError, type TriquetaErrorCode } from '../errors.js';
export type * from '../types.js';
