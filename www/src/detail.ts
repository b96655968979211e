/** Everything about one activity, how long it was read and how far, and what is like it. */
import type { DetailSource, SlateItem } from '@triqueta/recommender';
import { Reading } from '@triqueta/recommender/tracking';
import { dislike, like, save } from './actions.ts';
import type { Agenda } from './agenda.ts';
import { poster } from './art.ts';
import { breakdown } from './breakdown.ts';
import { action, mark, place } from './cards.ts';
import { openDialog } from './dialog.ts';
import { h } from './dom.ts';
import { price, when, whenLong } from './format.ts';
import { glyph } from './glyphs.ts';
import { currentLocale, fill, plural, text, word } from './text/index.ts';

const SIMILAR = 6;

/** Opens the detail view. `at` says what to bring into view first. */
export function openDetail(agenda: Agenda, item: SlateItem, source: DetailSource, at: 'top' | 'similar' = 'top'): void {
  const { activity } = item;
  const words = text().detail;
  const similar = h('section', { class: 'similar', 'aria-labelledby': 'similar-heading' }, h('h3', { id: 'similar-heading', tabindex: '-1' }, words.similar));
  let next: (() => void) | null = null;
  const dialog = openDialog({
    name: 'detail',
    heading: activity.title,
    content: [
      h('div', { class: 'detail-art' }, poster(activity, agenda.vocabulary)),
      h('p', { class: 'reason' }, glyph('spark'), h('span', {}, currentLocale() === 'en' ? item.reason.english : item.reason.text)),
      ...(agenda.learns ? [buttons(agenda, item, () => dialog.close())] : []),
      activity.description ? h('p', { class: 'description' }, activity.description) : h('span', {}),
      facts(item),
      links(item, () => reading.external()),
      ...attendance(agenda, item),
      h('details', { class: 'why', open: false }, h('summary', {}, h('span', {}, text().breakdown.title), glyph('chevron', 'glyph chevron')), breakdown(item)),
      similar,
    ],
    closed: () => {
      reading.end();
      void noted.then(() => agenda.refresh({ acted: activity, quiet: true }));
      next?.();
    },
  });
  const scroller = dialog.querySelector('.dialog-scroll') ?? dialog;
  let noted = Promise.resolve();
  const reading = new Reading(scroller, (read) => {
    noted = agenda.note({ kind: 'detail_view', activity: activity.id, ...read, source, shown: item.shown });
  });
  void fillSimilar(agenda, item, similar, (other) => {
    next = () => openDetail(agenda, other, 'similar');
    dialog.close();
  }).then(() => {
    if (at !== 'similar') return;
    similar.scrollIntoView({ block: 'start' });
    similar.querySelector<HTMLElement>('h3')?.focus({ preventScroll: true });
  });
}

function buttons(agenda: Agenda, item: SlateItem, close: () => void): HTMLElement {
  const words = text().card;
  let { liked, favourite } = item;
  const likeButton = action('heart', words.like, () => {
    void like(agenda, { ...item, liked });
    liked = !liked;
    mark(likeButton, liked, words.like);
  });
  const saveButton = action('bookmark', words.save, () => {
    void save(agenda, { ...item, favourite });
    favourite = !favourite;
    mark(saveButton, favourite, favourite ? words.saved : words.save);
  });
  mark(likeButton, liked, words.like);
  mark(saveButton, favourite, favourite ? words.saved : words.save);
  const no = action('cross', words.dislike, () => {
    close();
    void dislike(agenda, item);
  });
  return h('div', { class: 'actions', role: 'group', 'aria-label': fill(words.actionsFor, { title: item.activity.title }) }, likeButton, no, saveButton);
}

function facts(item: SlateItem): HTMLElement {
  const { activity } = item;
  const words = text().detail;
  const row = (name: string, value: string | null | undefined): Node[] => (value ? [h('dt', {}, name), h('dd', {}, value)] : []);
  return h(
    'dl',
    { class: 'facts' },
    ...row(words.when, whenLong(activity)),
    ...row(words.where, place(item)),
    ...row(words.price, price(activity)),
    ...row(words.level, activity.level ? word(activity.level) : null),
    ...row(words.organiser, activity.organiser),
    ...row(words.tags, activity.tags.join(', ')),
  );
}

function links({ activity }: SlateItem, clicked: () => void): HTMLElement {
  const words = text().detail;
  const anchor = (href: string, label: string, className: string, press?: () => void): HTMLElement =>
    h('a', { href, class: className, target: '_blank', rel: 'noopener noreferrer', onclick: () => press?.() },
      label, h('span', { class: 'visually-hidden' }, ` ${words.opensNew}`), glyph('external'));
  const { lat, lon, link } = activity;
  const map = lat === null || lon === null || lat === undefined ? null
    : `https://www.openstreetmap.org/?mlat=${lat}&mlon=${lon}#map=17/${lat}/${lon}`;
  return h(
    'p',
    { class: 'links' },
    isWeb(link) && anchor(link, words.link, 'button', clicked),
    map !== null && anchor(map, words.map, 'button button-quiet'),
  );
}

/** Only addresses of the web: a catalogue must not be able to run something here. */
function isWeb(link: string | null | undefined): link is string {
  return !!link && /^https?:\/\//i.test(link);
}

/** Once it has begun one can say how it was. */
function attendance(agenda: Agenda, { activity }: SlateItem): Node[] {
  if (activity.startMs > Date.now() || !agenda.learns) return [];
  const words = text().detail;
  const box = h('fieldset', { class: 'stars' }, h('legend', {}, words.attended));
  for (let stars = 1; stars <= 5; stars += 1) {
    const press = (): void => {
      void agenda.note({ kind: 'attendance', activity: activity.id, attended: true, stars });
      box.replaceChildren(h('legend', {}, words.attended), h('p', { role: 'status' }, words.thanks));
    };
    box.append(h('button', { type: 'button', class: 'icon-button', 'aria-label': plural(stars, words.stars_one, words.stars_other), onclick: press }, glyph('star')));
  }
  return [box];
}

async function fillSimilar(agenda: Agenda, item: SlateItem, section: HTMLElement, open: (item: SlateItem) => void): Promise<void> {
  const slate = await agenda.recommender.similar(item.activity.id, SIMILAR).catch(() => null);
  if (!slate?.items.length) {
    section.append(h('p', {}, text().detail.noSimilar));
    return;
  }
  section.append(h('ul', {}, ...slate.items.map((other) => h(
    'li',
    {},
    h('button', { type: 'button', class: 'mini', onclick: () => open(other) },
      h('span', { class: 'mini-art' }, poster(other.activity, agenda.vocabulary)),
      h('span', { class: 'mini-words' }, h('b', {}, other.activity.title), h('span', {}, when(other.activity, Date.now())), h('span', {}, price(other.activity)))),
  ))));
  for (const other of slate.items) void agenda.note({ kind: 'impression', shown: other.shown });
}
