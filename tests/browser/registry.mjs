// A small bundle for the page to open, made fresh so that its activities are to come: a native test writes it.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The folder of the registry. */
export async function registry() {
  await promisify(execFile)('cargo', ['test', '--quiet', '--workspace', '--test', 'page_registry'], { cwd: ROOT });
  return fileURLToPath(new URL('../../target/page-registry', import.meta.url));
}
