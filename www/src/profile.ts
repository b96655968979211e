/** What the visitor says of themselves: topics, neighbourhood, time, energy. Each click reorders the list at once. */
import type { Profile } from '@triqueta/recommender';
import type { Agenda } from './agenda.ts';
import { showCount } from './badge.ts';
import { manyChips, oneChip } from './chips.ts';
import { h, replace } from './dom.ts';
import { glyph, topicGlyph } from './glyphs.ts';
import { text, word } from './text/index.ts';

const FIRST_TAGS = 14;

/** The panel "your tastes". */
export function profilePanel(agenda: Agenda): HTMLDetailsElement {
  const body = h('div', { class: 'panel-body' });
  const badge = h('span', { class: 'badge' });
  const panel = h(
    'details',
    { class: 'panel panel-profile' },
    h('summary', {}, glyph('heart'), h('h2', {}, text().profile.heading), badge, glyph('chevron', 'glyph chevron')),
    body,
  );
  let allTags = false;

  const change = (fields: Partial<Profile>, drop: (keyof Profile)[] = []): void => {
    const profile = { ...agenda.recommender.profile(), ...fields };
    for (const field of drop) delete profile[field];
    void agenda.recommender.setProfile(profile).then(() => agenda.refresh(), agenda.onTrouble);
    showBadge(profile);
  };
  const showBadge = (profile: Profile): void => {
    const chosen = profile.tags.length + profile.availability.length + (profile.locality ? 1 : 0) + (profile.level ? 1 : 0);
    showCount(badge, chosen, text().profile.chosen_one, text().profile.chosen_other);
  };
  const draw = (): void => {
    const profile = agenda.recommender.profile();
    showBadge(profile);
    replace(body, ...content(agenda, profile, allTags, change), h('div', { class: 'panel-foot' }, clearButton()));
    body.querySelector('.more-tags')?.addEventListener('click', () => {
      allTags = !allTags;
      draw();
      body.querySelector<HTMLElement>('.more-tags')?.focus();
    });
  };
  const clearButton = (): HTMLButtonElement =>
    h('button', {
      type: 'button', class: 'button button-quiet',
      onclick: () => {
        const { location } = agenda.recommender.profile();
        const empty: Profile = { tags: [], availability: [], ...(location ? { location } : {}) };
        void agenda.recommender.setProfile(empty).then(() => { draw(); return agenda.refresh(); }, agenda.onTrouble);
      },
    }, text().profile.clear);
  draw();
  return panel;
}

function content(
  agenda: Agenda,
  profile: Profile,
  allTags: boolean,
  change: (fields: Partial<Profile>, drop?: (keyof Profile)[]) => void,
): Node[] {
  const { tags, localities, availability, levels } = agenda.vocabulary;
  const words = text().profile;
  const known = tags.map((entry) => entry.value);
  const listed = allTags ? known : [...new Set([...known.slice(0, FIRST_TAGS), ...profile.tags])];
  const groups: Node[] = [
    manyChips(words.interests, listed.map((value) => ({ value, label: value, icon: topicGlyph(value) })), profile.tags, (chosen) => change({ tags: chosen })),
  ];
  if (known.length > FIRST_TAGS) {
    groups.push(h('button', { type: 'button', class: 'link-button more-tags', 'aria-expanded': String(allTags) }, allTags ? words.fewerTags : words.moreTags));
  }
  if (localities.length > 1) {
    const chips = [{ value: '', label: words.anywhere }, ...localities.slice(0, 24).map(({ value }) => ({ value, label: value }))];
    groups.push(oneChip(words.locality, chips, profile.locality ?? '', (locality) => (locality ? change({ locality }) : change({}, ['locality']))));
  }
  if (availability.length) {
    const chips = availability.map(({ value }) => ({ value, label: word(value) }));
    groups.push(manyChips(words.availability, chips, profile.availability, (chosen) => change({ availability: chosen })));
  }
  if (levels.length) {
    const chips = [{ value: '', label: words.anyLevel }, ...levels.map(({ value }) => ({ value, label: word(value) }))];
    groups.push(oneChip(words.level, chips, profile.level ?? '', (level) => (level ? change({ level }) : change({}, ['level']))));
  }
  return groups;
}
