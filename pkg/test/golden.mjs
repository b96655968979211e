/** A bundle that an earlier engine wrote, kept in one file: header, then the files one after the other. */
import { readFileSync } from 'node:fs';

const container = readFileSync(new URL('../../tests/golden/bundle-engine-4.safetensors', import.meta.url));

/** Its id, and its files by path: copies, so that a test may damage them. */
export function goldenBundle() {
  const begin = 8 + Number(container.readBigUInt64LE());
  const header = JSON.parse(container.toString('utf8', 8, begin));
  const files = new Map(
    Object.entries(header)
      .filter(([path]) => path !== '__metadata__')
      .map(([path, { data_offsets: [from, until] }]) => [path, new Uint8Array(container.subarray(begin + from, begin + until))]),
  );
  const [manifest] = [...files.keys()].filter((path) => path.startsWith('manifests/'));
  return { id: manifest.slice('manifests/'.length, -'.json'.length), files };
}
