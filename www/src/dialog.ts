/** A modal window in the browser's own element: focus stays inside, Escape and the backdrop close it. */
import { h } from './dom.ts';
import { glyph } from './glyphs.ts';
import { text } from './text/index.ts';

/** Opens a window. `closed` runs once, whichever way it closes. */
export function openDialog(options: { name: string; heading: string; content: Node[]; closed?: () => void }): HTMLDialogElement {
  const opener = document.activeElement;
  const headingId = `${options.name}-heading`;
  const dialog = h(
    'dialog',
    { class: `dialog dialog-${options.name}`, 'aria-labelledby': headingId },
    h(
      'div',
      { class: 'dialog-scroll', tabindex: '-1' },
      h('div', { class: 'dialog-head' },
        h('h2', { id: headingId, tabindex: '-1' }, options.heading),
        h('button', { type: 'button', class: 'icon-button dialog-close', 'aria-label': text().detail.close, onclick: () => dialog.close() }, glyph('cross'))),
      ...options.content,
    ),
  );
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener('close', () => {
    dialog.remove();
    document.documentElement.classList.remove('has-dialog');
    options.closed?.();
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
  });
  document.body.append(dialog);
  document.documentElement.classList.add('has-dialog');
  dialog.showModal();
  dialog.querySelector<HTMLElement>('h2')?.focus({ preventScroll: true });
  return dialog;
}
