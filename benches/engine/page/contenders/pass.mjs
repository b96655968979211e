// The engine's linear pass alone (benches/pass): the tables of a visitor are made before it.

import { BEST } from '../data.mjs';
import { bundle } from './ours.mjs';

/** A clock of 5 µs does not see a pass over few rows: so many rows are passed over between two looks at it. */
const ROWS = 100_000;

/** Two contenders on one bundle: every row, and those that a list without wishes may show, who they are included. */
export async function pass(activities) {
  const { default: init, PassInPage } = await import('/pass/triqueta_pass.js');
  await init({ module_or_path: '/pass/triqueta_pass_bg.wasm' });
  const { id, now, visitors, files } = await bundle(activities);
  const opened = new PassInPage();
  for (const [path, bytes] of files) opened.insert(path, bytes);
  opened.open(id, now);
  const rows = new Uint32Array(BEST);
  const sums = new Float32Array(BEST);
  const before = (call) => opened.weigh(visitors[call].profile, visitors[call].history);
  const repeats = Math.max(1, Math.round(ROWS / activities));
  return [
    { name: 'pass over every row', before, run: () => opened.ofEveryRow(rows, sums), repeats },
    { name: 'pass over what may be shown', before, run: () => opened.ofWhatMayBeShown(rows, sums), repeats },
  ];
}
