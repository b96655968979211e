/**
 * Which error a caller sees, and how anything thrown below becomes one.
 *
 * The engine throws errors that carry a stable `code`. Everything else (a missing browser feature, a wasm trap, a
 * network failure) is given one here, so that callers match on `code` and never on words.
 */

/** Codes made on this side of the boundary. The engine has its own; both arrive as `code`. */
export type TriquetaErrorCode =
  | 'ABORTED'
  | 'CLOSED'
  | 'ENGINE_STOPPED'
  | 'FALLBACK_UNAVAILABLE'
  | 'OPTIONS_INVALID'
  | 'REQUEST_MALFORMED'
  | 'TRACE_UNAVAILABLE'
  | 'WASM_UNAVAILABLE'
  | 'WASM_UNSUPPORTED'
  | 'WORKER_STOPPED'
  | 'WORKER_UNAVAILABLE'
  | 'UNEXPECTED'
  | (string & {});

/** The one error class of the package. */
export class TriquetaError extends Error {
  /** Stable; match on this. */
  readonly code: TriquetaErrorCode;

  constructor(code: TriquetaErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'TriquetaError';
    this.code = code;
  }
}

/** Why there is no worker to open in; the page's own thread is for that. */
export function noWorker(reason: string, cause?: unknown): TriquetaError {
  const advice =
    " Check that the package's thread.js is served by the page's origin, as JavaScript, and that the Content-Security-Policy " +
    "allows `worker-src 'self'`.";
  return new TriquetaError(
    'WORKER_UNAVAILABLE',
    `No worker could be had (${reason}), so the page's own thread recommends.${typeof Worker === 'function' ? advice : ''}`,
    cause,
  );
}

/** What an opening rejects with whose caller gave it up. */
export function aborted(signal: AbortSignal): TriquetaError {
  return new TriquetaError('ABORTED', 'Opening was stopped through its AbortSignal.', signal.reason);
}

/** Rejects the opening where its caller gave it up. */
export function stopIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(signal);
}

/** Turns anything thrown into a {@link TriquetaError}, keeping the engine's code and message when there are any. */
export function toTriquetaError(thrown: unknown, otherwise: TriquetaErrorCode = 'UNEXPECTED'): TriquetaError {
  if (thrown instanceof TriquetaError) return thrown;
  if (isAbort(thrown)) {
    return new TriquetaError('ABORTED', 'Stopped because the caller asked for it through its AbortSignal.', thrown);
  }
  if (hasCode(thrown)) return new TriquetaError(thrown.code, String(thrown.message ?? thrown.code), thrown);
  if (isTrap(thrown)) {
    return new TriquetaError(
      'ENGINE_STOPPED',
      `The engine stopped inside WebAssembly (${thrown.message}). This is a defect of ours: reload the page, and ` +
        'report it with the console output.',
      thrown,
    );
  }
  return new TriquetaError(otherwise, thrown instanceof Error ? thrown.message : String(thrown), thrown);
}

function hasCode(thrown: unknown): thrown is { code: string; message?: unknown } {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && typeof thrown.code === 'string';
}

function isAbort(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'name' in thrown && thrown.name === 'AbortError';
}

function isTrap(thrown: unknown): thrown is WebAssembly.RuntimeError {
  return typeof WebAssembly !== 'undefined' && thrown instanceof WebAssembly.RuntimeError;
}
