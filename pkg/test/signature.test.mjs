import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { doubter } from '../dist/signature.js';

const CHANNEL = new TextEncoder().encode('{"format":1,"sequence":7}');

/** A key pair: its public half as a page names it, and what signs. */
function publisher() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url');
  return { key: raw.toString('hex'), sign: (bytes) => sign(null, bytes, privateKey).toString('hex') };
}

const [old, fresh, stranger] = [publisher(), publisher(), publisher()];

test('a channel is trusted where one of its signatures is by one of the keys', async () => {
  const both = `${old.sign(CHANNEL)}\n${fresh.sign(CHANNEL)}\n`;
  for (const [keys, signatures] of [
    [[old.key], `${old.sign(CHANNEL)}\n`],
    [[old.key.toUpperCase()], `${old.sign(CHANNEL)}\r\n`],
    [[old.key, fresh.key], fresh.sign(CHANNEL)],
    [[old.key], both],
    [[fresh.key], both],
    // While a new channel takes the place of the old one its file has signatures of both.
    [[old.key], `${old.sign(Buffer.from('{"format":1,"sequence":8}'))}\n\n${old.sign(CHANNEL)}\n`],
  ]) {
    assert.equal(await doubter(keys)(CHANNEL, signatures), null, `${keys} ${signatures}`);
  }
});

test('by another key, of other bytes, cut or absent: it is not, and the reason is said', async () => {
  const changed = CHANNEL.slice();
  changed[3] ^= 1;
  for (const [channel, signatures, reason] of [
    [CHANNEL, '', /no signature/],
    [CHANNEL, '<!doctype html>', /no signature/],
    [CHANNEL, old.sign(CHANNEL).slice(2), /no signature/],
    [CHANNEL, stranger.sign(CHANNEL), /none of its signatures/],
    [changed, old.sign(CHANNEL), /none of its signatures/],
    [CHANNEL, `00${old.sign(CHANNEL).slice(2)}`, /none of its signatures/],
  ]) {
    assert.match(await doubter([old.key, fresh.key])(channel, signatures), reason, signatures);
  }
});

test('where nothing can be verified nothing is trusted', async (context) => {
  context.mock.method(globalThis.crypto.subtle, 'importKey', async () => {
    throw new DOMException('Unrecognized name.', 'NotSupportedError');
  });
  assert.match(await doubter([old.key])(CHANNEL, old.sign(CHANNEL)), /cannot verify Ed25519/);
});
