/** Node's `fetch` cannot read files: what the package ships comes from disk. */
import { readFile } from 'node:fs/promises';
import type { WasmSource } from './types.js';

/** The bytes when the file is there; the address otherwise, so that opening says what is missing. */
export function fromDisk(file: URL): Promise<WasmSource> {
  return readFile(file).catch(() => file);
}
