/** The files of a bundle, however they are kept. */
import { TriquetaError } from '../errors.js';
import type { BundleFile } from './engine.js';

/** Reads the file at a path relative to the folder of the bundles, such as `channel.json` lies in. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/** Which files a bundle has says its manifest; they are read all at once, and each is hashed where `hashes` says so. */
export async function bundleFiles(id: string, read: ReadFile, hashes: boolean): Promise<BundleFile[]> {
  const file = async (path: string): Promise<BundleFile> => {
    const bytes = await read(path);
    if (!(bytes instanceof Uint8Array)) {
      throw new TriquetaError('OPTIONS_INVALID', `\`read\` gave no Uint8Array for ${path}.`);
    }
    return [path, bytes, hashes ? await sha256(bytes) : undefined];
  };
  const manifest = await file(`manifests/${id}.json`);
  const rest = await Promise.all(listed(manifest[1]).map(file));
  return [manifest, ...rest];
}

/** The paths in a manifest, each once; none where it is damaged: what is wrong with it is the engine's to say. */
function listed(manifest: Uint8Array): string[] {
  try {
    const { files } = JSON.parse(new TextDecoder().decode(manifest)) as { files: { path: string }[] };
    return [...new Set(files.map(({ path }) => String(path)))];
  } catch {
    return [];
  }
}

/** SHA-256 in hexadecimal digits, by the platform; nothing where it has no cryptography, as outside of secure contexts. */
async function sha256(bytes: Uint8Array): Promise<string | undefined> {
  const digest = await globalThis.crypto?.subtle?.digest('SHA-256', bytes as BufferSource);
  return digest && Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
