// A small bundle for the page to open, made fresh so that its activities are to come: a native test writes it.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The folder of the registry, of this process alone. */
export async function registry() {
  const folder = mkdtempSync(join(tmpdir(), 'triqueta-registry-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const command = ['test', '--quiet', '--workspace', '--test', 'page_registry'];
  await promisify(execFile)('cargo', command, { cwd: ROOT, env: { ...process.env, TRIQUETA_PAGE_REGISTRY: folder } });
  return folder;
}
