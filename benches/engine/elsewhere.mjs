// Times the engine in the other browsers of this machine, and compares their lists with Node's, letter by letter; prints the
// rows of a bench, none where there is no other browser.
// usage: node benches/engine/elsewhere.mjs MODULE_FOLDER PASS_FOLDER BUNDLES_FOLDER >MEASURED.json

import { spawn } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { figures } from './figures.mjs';
import { listedBy } from './page/lists.mjs';
import { serve } from './serve.mjs';

const [module, pass, bundles] = process.argv.slice(2).map((path) => resolve(path));
const ACTIVITIES = 10_000;
const ROUNDS = 21;
/** A browser that has not answered after so many ms does not answer. */
const PATIENCE = 300_000;
/** Before a first page they would ask, tell and look for news. */
const FIREFOX = [
  'user_pref("browser.shell.checkDefaultBrowser", false);',
  'user_pref("datareporting.policy.dataSubmissionEnabled", false);',
  'user_pref("app.update.enabled", false);',
  'user_pref("network.captive-portal-service.enabled", false);',
].join('\n');

const PATHS = (process.env.PATH ?? '').split(delimiter);
/** Where distributions keep it: a folder a processor. */
const WEBKITS = readdirSync('/usr/lib').map((processor) => `/usr/lib/${processor}/webkit2gtk-4.1`);

const BROWSERS = [
  {
    name: 'Firefox',
    found: executable(['firefox', 'firefox-esr'], PATHS),
    command: (path, profile, url) => [path, '--headless', '--no-remote', '--profile', profile, url],
  },
  {
    // It has no window of its own without a screen: one is made up for it.
    name: 'WebKit',
    found: executable(['xvfb-run'], PATHS) && executable(['MiniBrowser'], WEBKITS),
    command: (path, _profile, url) => ['xvfb-run', '-a', path, url],
  },
];

const rows = [];
for (const { name, found, command } of BROWSERS) {
  if (!found) console.error(`${name} is not on this machine: left out`);
  else rows.push(...(await asked(name, (profile, url) => command(found, profile, url))));
}
console.log(JSON.stringify({ rows }));

/** The rows of a browser. */
async function asked(browser, command) {
  console.error(`${browser}: ${ACTIVITIES} activities, ${ROUNDS} rounds, and all lists by both modules`);
  let taken;
  const answer = new Promise((took) => (taken = took));
  const site = await serve(module, pass, bundles, taken);
  const profile = await mkdtemp(join(tmpdir(), 'triqueta-elsewhere-'));
  await writeFile(join(profile, 'user.js'), FIREFOX);
  const url = `${site.origin}/elsewhere.html?activities=${ACTIVITIES}&rounds=${ROUNDS}`;
  const [path, ...args] = command(profile, url);
  const run = spawn(path, args, {
    stdio: 'ignore',
    detached: true,
    env: { ...process.env, HOME: profile, WEBKIT_DISABLE_COMPOSITING_MODE: '1' },
  });
  let late;
  const failed = new Promise((_, reject) => {
    late = setTimeout(() => reject(new Error(`${browser} has not answered for ${PATIENCE / 1000} s`)), PATIENCE);
    run.once('error', reject);
    run.once('exit', (code) => reject(new Error(`${browser} ended with ${code} before it answered`)));
  });
  try {
    const { error, times, lists } = JSON.parse(await Promise.race([answer, failed]));
    if (error) throw new Error(`${browser} says: ${error}`);
    const wanted = await listed();
    const about = (contender) => ({ suite: 'elsewhere', case: `${browser}, ${contender}`, browser, activities: ACTIVITIES, contender });
    const timed = Object.entries(times).flatMap(([contender, values]) => figures(about(contender), values, 'us'));
    const same = Object.entries(lists).map(([name, made]) => {
      const value = made.filter((list, visitor) => list === wanted[visitor]).length;
      return { ...about(name), metric: 'same lists', value, unit: 'lists', n: wanted.length };
    });
    return [...timed, ...same];
  } finally {
    clearTimeout(late);
    run.removeAllListeners('exit');
    killed(run.pid);
    site.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Ends a browser with whatever it started; one that has ended by itself is gone. */
function killed(pid) {
  try {
    if (pid) process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** The lists of all visitors as Node has them. */
async function listed() {
  const { default: init, PlainEngine } = await import(pathToFileURL(join(module, 'ranking.js')));
  await init({ module_or_path: await readFile(join(module, 'ranking_bg.wasm')) });
  const folder = join(bundles, String(ACTIVITIES));
  const { id, now, paths, visitors } = JSON.parse(await readFile(join(folder, 'bench.json'), 'utf8'));
  const read = async (path) => [path, new Uint8Array(await readFile(join(folder, path)))];
  return listedBy(PlainEngine.open(id, await Promise.all(paths.map(read)), false), now, visitors);
}

/** The first of these programs that one of the folders has. */
function executable(names, folders) {
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
