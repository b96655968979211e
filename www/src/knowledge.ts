/** "What this device knows and what leaves it": all of it, to look at, take along, or delete. */
import type { Inferred, Knowledge } from '@triqueta/recommender';
import type { Agenda } from './agenda.ts';
import { announce } from './announce.ts';
import { consentForm, consentInWords, hasChosen } from './consent.ts';
import { openDialog } from './dialog.ts';
import { h, replace } from './dom.ts';
import { moment } from './format.ts';
import { glyph } from './glyphs.ts';
import { fill, label, text, word } from './text/index.ts';

const FIRST = 8;

/** Opens the window. `changed` runs when what it shows elsewhere on the page may be out of date. */
export function openKnowledge(agenda: Agenda, changed: () => void): void {
  const body = h('div', { class: 'knowledge' });
  const draw = async (): Promise<void> => {
    const known = await agenda.recommender.knowledge();
    replace(body, h('p', { class: 'lead' }, text().knowledge.intro), ...sections(agenda, known, redraw));
  };
  const redraw = (): void => {
    void draw().then(changed, agenda.onTrouble);
  };
  openDialog({ name: 'knowledge', heading: text().knowledge.heading, content: [body] });
  draw().catch(agenda.onTrouble);
}

function sections(agenda: Agenda, known: Knowledge, redraw: () => void): HTMLElement[] {
  const words = text().knowledge;
  return [
    section(words.leaves, ...leaving(agenda, known, redraw)),
    section(words.consent, allowed(agenda, known, redraw)),
    section(words.profile, told(known)),
    section(words.inferred, inferred(known)),
    section(words.interactions, done(agenda, known, redraw)),
    section(words.yours, ...yours(agenda, redraw)),
  ];
}

function section(heading: string, ...content: Node[]): HTMLElement {
  return h('section', {}, h('h3', {}, heading), ...content);
}

function leaving(agenda: Agenda, known: Knowledge, redraw: () => void): Node[] {
  const words = text().knowledge;
  const { pending, acknowledged, dropped } = known.outbox;
  const sends = known.consent.grade === 'upload' && !known.consent.minor;
  const counter = (name: string, n: number): Node => h('div', { class: 'counter' }, h('dt', {}, name), h('dd', {}, n));
  const send = (): void => {
    agenda.recommender.flush().then((report) => {
      announce(fill(words.sent, { n: report.acknowledged, pending: report.pending }));
      redraw();
    }, agenda.onTrouble);
  };
  const nodes: Node[] = [h('p', {}, sends ? words.leavesEvents : words.leavesNothing)];
  if (sends && known.deviceId) nodes.push(h('p', {}, h('code', {}, known.deviceId)));
  if (sends || pending || acknowledged || dropped) {
    nodes.push(h('dl', { class: 'counters' }, counter(words.pending, pending), counter(words.acknowledged, acknowledged), counter(words.dropped, dropped)));
  }
  if (sends && pending) nodes.push(h('button', { type: 'button', class: 'button button-quiet', onclick: send }, words.send));
  return nodes;
}

function allowed(agenda: Agenda, known: Knowledge, redraw: () => void): HTMLElement {
  const words = text().consent;
  if (agenda.recommender.status.source === 'fallback') return h('p', {}, words.unavailable);
  const now = hasChosen(known.consent) ? fill(words.current, { choice: consentInWords(known.consent) }) : words.notYet;
  return h('div', {}, h('p', {}, now), consentForm(agenda, redraw));
}

function told(known: Knowledge): HTMLElement {
  const { tags, locality, availability, level, location } = known.profile;
  const said = [...tags, locality, ...availability.map(word), level && word(level), location && `${location.lat.toFixed(3)}, ${location.lon.toFixed(3)}`];
  const shown = said.filter((value): value is string => !!value);
  if (!shown.length) return h('p', {}, text().knowledge.profileEmpty);
  return h('ul', { class: 'tags' }, ...shown.map((value) => h('li', {}, value)));
}

function inferred({ inferred: read }: Knowledge): HTMLElement {
  const words = text().knowledge;
  const groups = [
    bars(words.inferredTags, read.tags), bars(words.inferredTypes, read.types), bars(words.inferredLocalities, read.localities),
    bars(words.inferredOrganisers, read.organisers),
  ].filter((group): group is HTMLElement => group !== null);
  return groups.length ? h('div', { class: 'tastes' }, ...groups) : h('p', {}, words.inferredEmpty);
}

function bars(heading: string, values: readonly Inferred[]): HTMLElement | null {
  const shown = values.slice(0, 6);
  if (!shown.length) return null;
  const largest = Math.max(...shown.map((value) => Math.abs(value.weight)), 1e-9);
  return h('div', { class: 'taste' }, h('h4', {}, heading), h('ul', {}, ...shown.map(({ value, weight }) => {
    const bar = h('span', { class: weight < 0 ? 'bar bar-minus' : 'bar', 'aria-hidden': 'true' });
    bar.style.setProperty('--share', String(Math.abs(weight) / largest));
    return h('li', {}, h('span', {}, word(value)), bar);
  })));
}

function done(agenda: Agenda, known: Knowledge, redraw: () => void): HTMLElement {
  const words = text().knowledge;
  if (!known.interactions.length) return h('p', {}, words.interactionsEmpty);
  const row = ({ activity, title, kinds, lastMs }: Knowledge['interactions'][number]): HTMLElement => {
    const forget = (): void => {
      agenda.recommender.forget(activity).then(() => {
        announce(fill(words.forgotten, { title }));
        redraw();
        return agenda.refresh({ quiet: true });
      }).catch(agenda.onTrouble);
    };
    return h('li', {},
      h('span', { class: 'done-words' }, h('b', {}, title), h('span', {}, `${kinds.map((kind) => label(text().kinds, kind)).join(', ')} · ${moment(lastMs)}`)),
      h('button', { type: 'button', class: 'button button-quiet', 'aria-label': fill(words.forgetOne, { title }), onclick: forget }, words.forget));
  };
  const recent = [...known.interactions].sort((left, right) => right.lastMs - left.lastMs);
  const list = h('ul', { class: 'done' }, ...recent.slice(0, FIRST).map(row));
  if (recent.length <= FIRST) return list;
  const more = h('button', { type: 'button', class: 'link-button', onclick: () => { list.append(...recent.slice(FIRST).map(row)); more.remove(); } }, fill(words.more, { n: recent.length }));
  return h('div', {}, list, more);
}

function yours(agenda: Agenda, redraw: () => void): Node[] {
  const words = text().knowledge;
  const take = (): void => {
    agenda.recommender.exportData().then((data) => {
      download(words.fileName, data);
      announce(words.exported);
    }, agenda.onTrouble);
  };
  const wipe = (): void => {
    agenda.recommender.forget().then(() => {
      announce(words.deleted);
      redraw();
      return agenda.refresh({ quiet: true });
    }).catch(agenda.onTrouble);
  };
  const sure = h('div', { class: 'sure', hidden: true },
    h('p', { id: 'sure-words' }, words.deleteConfirm),
    h('button', { type: 'button', class: 'button button-danger', 'aria-describedby': 'sure-words', onclick: wipe }, words.deleteYes),
    h('button', { type: 'button', class: 'button button-quiet', onclick: () => { sure.hidden = true; ask.focus(); } }, words.deleteNo));
  const ask = h('button', { type: 'button', class: 'button button-quiet', onclick: () => { sure.hidden = false; sure.querySelector('button')?.focus(); } }, glyph('trash'), words.deleteAll);
  return [h('div', { class: 'yours' }, h('button', { type: 'button', class: 'button', onclick: take }, glyph('download'), words.export), ask), sure];
}

function download(name: string, data: string): void {
  const url = URL.createObjectURL(new Blob([data], { type: 'application/json' }));
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
