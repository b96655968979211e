// The lists that browsers are compared by.

import { BEST } from './data.mjs';

/** Of each visitor the list at a moment, as an engine writes it. */
export function listedBy(engine, now, visitors) {
  const request = JSON.stringify({ nowMs: now, limit: BEST });
  return visitors.map(({ profile, history }) => {
    engine.setVisitor(profile, history);
    return engine.recommend(request);
  });
}
