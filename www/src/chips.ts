/** Groups of choices drawn as chips: real checkboxes and radio buttons underneath, so keyboard and readers know them. */
import { h } from './dom.ts';
import { glyph, type Glyph } from './glyphs.ts';

/** One choice. */
export interface Chip<Value> {
  readonly value: Value;
  readonly label: string;
  readonly icon?: Glyph;
}

let groups = 0;

/** Any number of them. */
export function manyChips<Value>(legend: string, chips: readonly Chip<Value>[], chosen: readonly Value[], change: (chosen: Value[]) => void): HTMLFieldSetElement {
  const on = new Set(chosen);
  return group(legend, chips, (chip) => on.has(chip.value), 'checkbox', (chip, checked) => {
    if (checked) on.add(chip.value);
    else on.delete(chip.value);
    change([...on]);
  });
}

/** Exactly one of them. */
export function oneChip<Value>(legend: string, chips: readonly Chip<Value>[], chosen: Value, change: (chosen: Value) => void): HTMLFieldSetElement {
  return group(legend, chips, (chip) => chip.value === chosen, 'radio', (chip) => change(chip.value));
}

function group<Value>(
  legend: string,
  chips: readonly Chip<Value>[],
  isOn: (chip: Chip<Value>) => boolean,
  type: 'checkbox' | 'radio',
  change: (chip: Chip<Value>, checked: boolean) => void,
): HTMLFieldSetElement {
  groups += 1;
  const name = `chips-${groups}`;
  const made = chips.map((chip) => {
    const input = h('input', { type, name, class: 'chip-input', onchange: () => change(chip, input.checked) });
    input.checked = isOn(chip);
    return h('label', { class: 'chip' }, input, h('span', { class: 'chip-face' }, chip.icon && glyph(chip.icon), chip.label));
  });
  return h('fieldset', { class: 'chips' }, h('legend', {}, legend), h('div', { class: 'chips-row' }, ...made));
}
