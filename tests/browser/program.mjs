// The `triqueta` program beside the browser: its verbs with their JSON, and its server.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'debug/triqueta');
const run = promisify(execFile);

let built = null;
const build = () => (built ??= run('cargo', ['build', '--quiet', '-p', 'triqueta-cli'], { cwd: ROOT }));

/** Runs a verb, which has to succeed, and gives what it says. */
export async function triqueta(...parameters) {
  await build();
  const { stdout } = await run(PROGRAM, ['--json', ...parameters], { cwd: ROOT, maxBuffer: 1 << 26 });
  return JSON.parse(stdout);
}

/** A folder that is gone when the test `t` ends. */
export async function temporaryFolder(t) {
  const folder = await mkdtemp(join(tmpdir(), 'triqueta-loop-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Runs `triqueta serve` until the test `t` ends; `parameters` are its own. Gives the port and a way to stop it, which
 * ends once the program has.
 */
export async function server(t, ...parameters) {
  await build();
  const child = spawn(PROGRAM, ['--json', 'serve', ...parameters], { cwd: ROOT, stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    const [code] = await ended;
    return code;
  };
  t.after(stop);
  let said = '';
  for await (const part of child.stdout.iterator({ destroyOnReturn: false })) {
    said += part;
    if (said.trimEnd().endsWith('}')) break;
  }
  if (!said) throw new Error(`triqueta serve ${parameters.join(' ')} ended with ${(await ended)[0]}`);
  return { port: Number(new URL(JSON.parse(said).url).port), stop };
}
