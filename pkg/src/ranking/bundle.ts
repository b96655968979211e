/** The files of a bundle, however they are kept. */
import { TriquetaError } from '../errors.js';
import type { BundleFile } from './engine.js';

/** Reads the file at a path relative to the folder of the bundles, such as `channel.json` lies in. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/** What the name of a bundle looks like: it becomes part of a path. */
const ID = /^[0-9a-f]{32}$/;
/** A bundle has no more files than so many. */
const LIMIT_FILES = 256;

/** Which files a bundle has says its manifest; they are read all at once, and each is hashed where `hashes` says so. */
export async function bundleFiles(id: string, read: ReadFile, hashes: boolean): Promise<BundleFile[]> {
  if (!ID.test(id)) throw new TriquetaError('OPTIONS_INVALID', '`bundle` is no id: 32 hexadecimal digits, as channel.json has them.');
  const file = async (path: string): Promise<BundleFile> => {
    const bytes = await read(path);
    if (!(bytes instanceof Uint8Array)) {
      throw new TriquetaError('OPTIONS_INVALID', `\`read\` gave no Uint8Array for ${path}.`);
    }
    return [path, bytes, hashes ? await sha256(bytes) : undefined];
  };
  const manifest = await file(`manifests/${id}.json`);
  const [, bytes, digest] = manifest;
  // A manifest that is not the one asked for names nothing: what is wrong with it is the engine's to say.
  const isAskedFor = digest === undefined || digest.startsWith(id);
  const rest = await Promise.all(isAskedFor ? listed(bytes).map(file) : []);
  return [manifest, ...rest];
}

/** The paths in a manifest, each once; none where it is damaged. Those that leave the folder are left out: the engine refuses them. */
function listed(manifest: Uint8Array): string[] {
  try {
    const { files } = JSON.parse(new TextDecoder().decode(manifest)) as { files: { path: string }[] };
    const paths = files.slice(0, LIMIT_FILES).map(({ path }) => String(path));
    return [...new Set(paths)].filter((path) => /^\w[\w./-]*$/.test(path) && !path.includes('..'));
  } catch {
    return [];
  }
}

/** SHA-256 in hexadecimal digits, by the platform; nothing where it has no cryptography, as outside of secure contexts. */
async function sha256(bytes: Uint8Array): Promise<string | undefined> {
  const digest = await globalThis.crypto?.subtle?.digest('SHA-256', bytes as BufferSource);
  return digest && Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
