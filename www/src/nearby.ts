/**
 * Distance. Asking for it is the separate opt-in to location, made where it is of use; the position goes into the profile
 * on this device and nowhere else.
 */
import type { Agenda } from './agenda.ts';
import { announce } from './announce.ts';
import { oneChip } from './chips.ts';
import type { Choice } from './choice.ts';
import { CITY } from './city.ts';
import { h } from './dom.ts';
import { glyph } from './glyphs.ts';
import { fill, text } from './text/index.ts';

const WAIT_MS = 10_000;

/** The distance filter, or the button that opts in and asks for the position. Nothing in a minor's mode. */
export function nearYou(agenda: Agenda, choose: (change: Partial<Choice>) => void, redraw: () => void): HTMLElement | null {
  const { recommender } = agenda;
  if (recommender.consent().minor || !('geolocation' in navigator)) return null;
  const words = text().filters;
  if (recommender.consent().location && recommender.profile().location) {
    return oneChip<number | null>(words.near, [
      { value: null, label: words.anyDistance },
      ...CITY.distanceSteps.map((km) => ({ value: km, label: fill(words.kilometres, { n: km }) })),
    ], agenda.choice.km, (km) => choose({ km }));
  }
  const says = h('p', { class: 'note', role: 'status' }, words.locateHelp);
  const button = h('button', { type: 'button', class: 'button button-quiet' }, glyph('locate'), words.locate);
  button.addEventListener('click', () => {
    says.textContent = words.locating;
    locate().then(async ({ coords }) => {
      const location = { lat: coords.latitude, lon: coords.longitude };
      const { grade, location: allowed } = recommender.consent();
      if (!allowed) await recommender.setConsent({ grade, location: true });
      await recommender.setProfile({ ...recommender.profile(), location });
      redraw();
      await agenda.refresh();
    }).catch(() => {
      says.textContent = words.locateFailed;
      announce(words.locateFailed);
    });
  });
  return h('div', { class: 'field' }, h('span', { class: 'legend' }, words.near), button, says);
}

function locate(): Promise<GeolocationPosition> {
  return new Promise((found, failed) => {
    navigator.geolocation.getCurrentPosition(found, failed, { timeout: WAIT_MS, maximumAge: 600_000 });
  });
}
