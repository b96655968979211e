/**
 * Who signed a channel? Asked of the browser's own cryptography (Ed25519 in WebCrypto), before the engine reads the channel.
 *
 * `channel.json.sig` has a signature a line, in hexadecimal digits, over the exact bytes of `channel.json`: more than one while
 * keys change and while a new channel takes the place of the old one.
 */
import { TriquetaError, toTriquetaError } from './errors.js';

const KEY = /^[0-9a-f]{64}$/i;
const SIGNATURE = /^[0-9a-f]{128}$/i;

/** Promises why a channel with these signatures is not to be trusted; `null` where it is. */
export type Doubt = (channel: Uint8Array<ArrayBuffer>, signatures: string) => Promise<string | null>;

/** Refuses keys that nothing could be verified with. */
export function stopIfUnusable(keys: readonly string[] | undefined): void {
  if (keys === undefined || (keys.length > 0 && keys.every((key) => KEY.test(key)))) return;
  throw new TriquetaError(
    'OPTIONS_INVALID',
    '`channelKeys` needs at least one public key of 64 hexadecimal digits, as `triqueta key` prints it; leave the option out ' +
      'where channels are not signed.',
  );
}

/** What asks whether one of `keys` made one of the signatures. */
export function doubter(keys: readonly string[]): Doubt {
  return async (channel, signatures) => {
    const signed = signatures.split('\n').map((line) => line.trim()).filter((line) => SIGNATURE.test(line));
    if (signed.length === 0) return 'it has no signature';
    const { subtle } = globalThis.crypto ?? {};
    if (!subtle) return 'this page has no WebCrypto to verify its signature with, as outside of HTTPS';
    try {
      for (const key of keys) {
        const imported = await subtle.importKey('raw', bytes(key), 'Ed25519', false, ['verify']);
        for (const signature of signed) {
          if (await subtle.verify('Ed25519', imported, bytes(signature), channel)) return null;
        }
      }
    } catch (thrown) {
      return `this browser cannot verify Ed25519 signatures (${toTriquetaError(thrown).message})`;
    }
    return 'none of its signatures is by a key of this page';
  };
}

function bytes(hexadecimal: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hexadecimal.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}
