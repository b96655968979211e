/**
 * The question of what the page may remember, asked plainly: three answers of equal weight, none chosen beforehand, the
 * page fully usable without an answer. Location and minor's mode are separate ticks.
 */
import type { Consent, ConsentChoice, ConsentGrade } from '@triqueta/recommender';
import type { Agenda } from './agenda.ts';
import { announce } from './announce.ts';
import { h } from './dom.ts';
import { glyph } from './glyphs.ts';
import { fill, text } from './text/index.ts';

/** Where there is room the question stands open; on a telephone it is one line above the list. */
const WIDE = '(min-width: 700px)';
const GRADES: readonly ConsentGrade[] = ['none', 'device', 'upload'];

/** Whether the visitor has answered. */
export function hasChosen(consent: Consent): boolean {
  return !!consent.timeMs;
}

/** The answer in force, in words. */
export function consentInWords(consent: Consent): string {
  return text().consent[consent.minor ? 'none' : consent.grade];
}

/** The question as it stands above the list until it is answered: one press answers it. */
export function consentCard(agenda: Agenda, answered: () => void): HTMLElement {
  const words = text().consent;
  const answer = (choice: ConsentChoice) => (): void => void apply(agenda, { location: agenda.recommender.consent().location, ...choice }, answered);
  return h(
    'section',
    { 'aria-labelledby': 'consent-card-heading' },
    h(
      'details',
      { class: 'consent-card', open: matchMedia(WIDE).matches },
      h('summary', {},
        h('span', {}, h('h2', { id: 'consent-card-heading' }, words.heading), h('span', { class: 'note' }, words.notYet)),
        glyph('chevron', 'glyph chevron')),
      h('p', {}, words.intro),
      agenda.recommender.consent().signal && h('p', { class: 'note' }, words.signal),
      h('ul', { class: 'grades' }, ...GRADES.map((grade) => h('li', {}, h(
        'button',
        { type: 'button', class: 'grade', 'data-grade': grade, onclick: answer({ grade }) },
        h('b', {}, words[grade]),
        h('span', {}, words[`${grade}Help`]),
      )))),
      h('p', { class: 'note' }, words.law, ' ', h(
        'button',
        { type: 'button', class: 'link-button', 'data-grade': 'minor', onclick: answer({ grade: 'none', location: false, minor: true }) },
        words.minorShort,
      )),
    ),
  );
}

/** The form in "your data", with everything there is to decide. */
export function consentForm(agenda: Agenda, answered: () => void): HTMLFormElement {
  const words = text().consent;
  const now = agenda.recommender.consent();
  const chosen = hasChosen(now);
  const grades = GRADES.map((grade) => {
    const input = h('input', { type: 'radio', name: 'grade', value: grade, required: true });
    input.checked = chosen && now.grade === grade && !now.minor;
    return { input, label: option(input, words[grade], words[`${grade}Help`], 'grade') };
  });
  const location = h('input', { type: 'checkbox' });
  const minor = h('input', { type: 'checkbox', onchange: () => obeyMinor() });
  location.checked = now.location;
  minor.checked = now.minor;
  const obeyMinor = (): void => {
    for (const { input } of grades) {
      input.disabled = minor.checked;
      input.required = !minor.checked;
    }
    location.disabled = minor.checked;
  };
  obeyMinor();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const grade = grades.find(({ input }) => input.checked)?.input.value as ConsentGrade | undefined;
    if (!grade && !minor.checked) return;
    void apply(agenda, { grade: minor.checked ? 'none' : grade ?? 'none', location: location.checked && !minor.checked, minor: minor.checked }, answered);
  };
  return h(
    'form',
    { class: 'consent-form', onsubmit: submit },
    now.signal && h('p', { class: 'note' }, words.signal),
    h('fieldset', { class: 'grades' }, h('legend', { class: 'visually-hidden' }, words.options), ...grades.map(({ label }) => label)),
    h('div', { class: 'consent-extra' }, option(location, words.location, words.locationHelp, 'tick'), option(minor, words.minor, words.minorHelp, 'tick')),
    h('div', { class: 'consent-foot' }, h('button', { type: 'submit', class: 'button' }, words.apply), h('p', { class: 'note' }, words.law)),
  );
}

function option(input: HTMLInputElement, name: string, help: string, className: string): HTMLLabelElement {
  return h('label', { class: `option ${className}` }, input, h('span', { class: 'option-words' }, h('b', {}, name), h('span', {}, help)));
}

async function apply(agenda: Agenda, choice: ConsentChoice, answered: () => void): Promise<void> {
  try {
    const before = agenda.recommender.consent();
    const consent = await agenda.recommender.setConsent(choice);
    const { location, ...profile } = agenda.recommender.profile();
    if (location && !consent.location) await agenda.recommender.setProfile(profile);
    const withdrawn = hasChosen(before) && before.grade !== 'none' && (consent.minor || consent.grade === 'none');
    announce(fill(withdrawn ? text().consent.withdrawn : text().consent.changed, { choice: consentInWords(consent) }));
    answered();
    await agenda.refresh({ quiet: true });
  } catch (thrown) {
    agenda.onTrouble(thrown as Parameters<Agenda['onTrouble']>[0]);
  }
}
