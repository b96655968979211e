/** The hard limits: type, locality, days, price, distance. What they say is recorded once per change. */
import type { Agenda } from './agenda.ts';
import { showCount } from './badge.ts';
import { manyChips, oneChip } from './chips.ts';
import { active, asParameters, noChoice, type Choice, type Days } from './choice.ts';
import { CITY } from './city.ts';
import { h, replace } from './dom.ts';
import { money } from './format.ts';
import { glyph, topicGlyph } from './glyphs.ts';
import { nearYou } from './nearby.ts';
import { fill, text, word } from './text/index.ts';

/** The panel "filters". */
export function filterPanel(agenda: Agenda): HTMLDetailsElement {
  const body = h('div', { class: 'panel-body' });
  const badge = h('span', { class: 'badge' });
  const panel = h(
    'details',
    { class: 'panel panel-filters' },
    h('summary', {}, glyph('sliders'), h('h2', {}, text().filters.heading), badge, glyph('chevron', 'glyph chevron')),
    body,
  );
  const showBadge = (): void => {
    showCount(badge, active(agenda.choice), text().filters.active_one, text().filters.active_other);
  };
  const choose = (change: Partial<Choice>): void => {
    void agenda.choose(change);
    void agenda.note({ kind: 'navigation', action: 'apply_filter', parameters: asParameters(change) });
    showBadge();
  };
  const draw = (): void => {
    showBadge();
    replace(body, ...content(agenda, choose, draw), h('div', { class: 'panel-foot' }, clear));
  };
  const clear = h('button', {
    type: 'button', class: 'button button-quiet',
    onclick: () => {
      choose({ ...noChoice(), query: agenda.choice.query });
      draw();
    },
  }, text().filters.clear);
  draw();
  return panel;
}

function content(agenda: Agenda, choose: (change: Partial<Choice>) => void, redraw: () => void): Node[] {
  const { types, localities } = agenda.vocabulary;
  const { choice } = agenda;
  const words = text().filters;
  const nodes: Node[] = [];
  if (types.length > 1) {
    const chips = types.slice(0, 12).map(({ value }) => ({ value, label: word(value), icon: topicGlyph(value) }));
    nodes.push(manyChips(words.type, chips, choice.types, (chosen) => choose({ types: chosen })));
  }
  if (localities.length > 1) nodes.push(localitySelect(agenda, choose));
  nodes.push(oneChip<Days>(words.when, [
    { value: 'any', label: words.anyDay }, { value: 'today', label: words.today }, { value: 'tomorrow', label: words.tomorrow },
    { value: 'weekend', label: words.weekend }, { value: 'week', label: words.week }, { value: 'custom', label: words.custom },
  ], choice.days, (days) => { choose({ days }); dates.hidden = days !== 'custom'; }));
  const dates = dateFields(choice, choose);
  nodes.push(dates);
  nodes.push(oneChip<number | null>(words.price, [
    { value: null, label: words.anyPrice }, { value: 0, label: words.onlyFree },
    ...CITY.priceSteps.map((step) => ({ value: step, label: fill(words.upTo, { price: money(step) }) })),
  ], choice.maxPrice, (maxPrice) => choose({ maxPrice })));
  const near = nearYou(agenda, choose, redraw);
  if (near) nodes.push(near);
  return nodes;
}

function localitySelect(agenda: Agenda, choose: (change: Partial<Choice>) => void): HTMLElement {
  const words = text().filters;
  const select = h(
    'select',
    { id: 'filter-locality', onchange: () => choose({ locality: select.value || null }) },
    h('option', { value: '' }, words.all),
    ...agenda.vocabulary.localities.map(({ value, count }) => h('option', { value }, `${value} (${count})`)),
  );
  select.value = agenda.choice.locality ?? '';
  return h('p', { class: 'field' }, h('label', { for: 'filter-locality' }, words.locality), select);
}

function dateFields(choice: Choice, choose: (change: Partial<Choice>) => void): HTMLElement {
  const words = text().filters;
  const field = (name: 'from' | 'to', label: string): HTMLElement => {
    const input = h('input', { type: 'date', id: `filter-${name}`, value: choice[name], onchange: () => choose({ [name]: input.value }) });
    return h('p', { class: 'field' }, h('label', { for: `filter-${name}` }, label), input);
  };
  return h('div', { class: 'dates', hidden: choice.days !== 'custom' }, field('from', words.from), field('to', words.to));
}
