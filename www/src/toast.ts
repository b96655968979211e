/** A short sentence at the bottom of the screen, with one thing to do about it at most. It stays while it is pointed at. */
import { h, replace } from './dom.ts';
import { glyph } from './glyphs.ts';
import { text } from './text/index.ts';

const STAYS_MS = 7000;
const holder = h('div', { class: 'toasts', role: 'region', 'aria-live': 'polite' });
let timer = 0;

/** Adds the holder to the page. */
export function mountToasts(parent: Element): void {
  parent.append(holder);
}

/** Shows a sentence and, if given, a button. A new one takes the place of the old. */
export function toast(sentence: string, button?: { label: string; press: () => void }): void {
  clearTimeout(timer);
  const close = (): void => replace(holder);
  const wait = (): void => {
    clearTimeout(timer);
    timer = window.setTimeout(close, STAYS_MS);
  };
  const box = h(
    'div',
    { class: 'toast', onpointerenter: () => clearTimeout(timer), onpointerleave: wait, onfocusin: () => clearTimeout(timer), onfocusout: wait },
    h('span', {}, sentence),
    button && h('button', { type: 'button', class: 'toast-button', onclick: () => { close(); button.press(); } }, button.label),
    h('button', { type: 'button', class: 'icon-button', 'aria-label': text().detail.close, onclick: close }, glyph('cross')),
  );
  replace(holder, box);
  wait();
}
