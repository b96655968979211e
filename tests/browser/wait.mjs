// Waiting for what is not done when it is asked for. The browser's own `waitForFunction` takes any promise for true.

import assert from 'node:assert/strict';

const LIMIT_MS = 30_000;

/** Asks again and again until the condition holds, whether it answers at once or promises to; fails with `what` did not happen. */
export async function until(condition, what) {
  const begun = Date.now();
  while (!(await condition())) {
    assert.ok(Date.now() - begun < LIMIT_MS, `did not happen: ${what}`);
    await new Promise((wait) => setTimeout(wait, 50));
  }
}
