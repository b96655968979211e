// A page that holds the package as it is published and nothing else: `opening` is the promise of its recommender. Opened as
// `/?events=…` it sends there, as `/?keys=…,…` it takes channels that are signed by one of these keys alone, as `/?worker` it
// works in a worker.

import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGE = fileURLToPath(new URL('../../pkg/dist', import.meta.url));

const SCRIPT = `
  import { Recommender } from './recommender/index.js';
  const asked = new URLSearchParams(location.search);
  const events = asked.get('events') ?? '/v1/events';
  const channelKeys = asked.get('keys')?.split(',');
  const worker = asked.has('worker');
  globalThis.opening = Recommender.open({ channel: '/bundles/channel.json', events, channelKeys, worker });
`;
const PAGE = '<!doctype html><title>Loop</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>';

/** Writes it into a folder. */
export async function barePage(folder) {
  await mkdir(folder);
  await cp(PACKAGE, join(folder, 'recommender'), { recursive: true });
  await writeFile(join(folder, 'page.js'), SCRIPT);
  await writeFile(join(folder, 'index.html'), PAGE);
}
