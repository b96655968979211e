import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TriquetaError, toTriquetaError } from '../dist/errors.js';

test("an engine's error keeps its code and words", () => {
  const thrown = Object.assign(new Error('hash differs'), { code: 'BUNDLE_HASH' });
  const error = toTriquetaError(thrown);
  assert.ok(error instanceof TriquetaError);
  assert.deepEqual([error.code, error.message, error.cause], ['BUNDLE_HASH', 'hash differs', thrown]);
});

test('a plain object with a code is an error too', () => {
  const error = toTriquetaError({ code: 'CONSENT_UNKNOWN', message: 'no such grade' });
  assert.deepEqual([error.code, error.message], ['CONSENT_UNKNOWN', 'no such grade']);
});

test('a trap inside wasm says that it is our defect and what to do', () => {
  const error = toTriquetaError(new WebAssembly.RuntimeError('unreachable'));
  assert.equal(error.code, 'ENGINE_STOPPED');
  assert.match(error.message, /unreachable.*reload/s);
});

test('an abort is an abort, whatever threw it', () => {
  assert.equal(toTriquetaError(AbortSignal.abort().reason).code, 'ABORTED');
});

test('anything else is unexpected, never lost', () => {
  assert.deepEqual(pick(toTriquetaError('odd')), ['UNEXPECTED', 'odd']);
  assert.deepEqual(pick(toTriquetaError(null)), ['UNEXPECTED', 'null']);
  const once = new TriquetaError('CLOSED', 'closed');
  assert.equal(toTriquetaError(once), once);
});

const pick = (error) => [error.code, error.message];
