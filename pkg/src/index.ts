/**
 * `@triqueta/recommender`: recommendations that run in the visitor's browser.
 *
 * Importing this module fetches nothing, compiles nothing and touches no global: it is safe in server-side rendering.
 */
export { Recommender } from './recommender.js';
export { TriquetaError, type TriquetaErrorCode } from './errors.js';
export { init } from './wasm.js';
export type * from './types.js';
