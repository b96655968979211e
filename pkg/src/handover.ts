/** What a worker that died leaves to what goes on: what the visitor said, where it is kept nowhere else. */
import type { Inner } from './opening.js';
import type { Found } from './protocol.js';
import type { RemoteEngine } from './remote.js';
import type { Consent, Profile } from './types.js';

/** Hands it over. What was stored may have been changed or deleted by another page since, and holds. */
export async function handOver(from: RemoteEngine, to: Inner): Promise<Found> {
  const [consent, profile] = [from.consent(), from.profile()];
  try {
    // In memory alone, and so gone: nobody else can have decided anything.
    const isGone = from.status().storage === 'memory' && madeAt(to.consent()) === 0;
    const { grade, location, minor } = consent;
    if (isGone && madeAt(consent) !== 0) await to.setConsent({ grade, location, minor });
    const found = to.consent();
    const isForThisVisit = grade === 'none' && found.grade === 'none';
    if (isGone || isForThisVisit) {
      if (profile.sinceMs !== undefined) await to.setProfile(profile);
    } else if (profile.location && found.location) {
      // Stored nowhere, whatever the consent.
      await to.setProfile({ ...to.profile(), location: profile.location });
    }
    const isSameConsent = isGone || madeAt(consent) === madeAt(found);
    return { consent: found, isAsTold: isSameConsent && said(profile) === said(to.profile()) };
  } catch {
    // What goes on says itself why it cannot take anything.
    return { consent, isAsTold: false };
  }
}

function madeAt({ timeMs }: Consent): number {
  return timeMs ?? 0;
}

/** Without what the engine adds and what is not stored. */
function said({ tags, locality, availability, level }: Profile): string {
  return JSON.stringify([tags, locality, availability, level]);
}
