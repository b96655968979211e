/** The line at the foot of the page: which model runs, from where, and whether there is a network. */
import type { Agenda } from './agenda.ts';
import { h, replace } from './dom.ts';
import { fill, text } from './text/index.ts';

/** The line; it follows the network by itself, and the rest when `update` is called. */
export function statusLine(agenda: Agenda): { element: HTMLElement; update: () => void } {
  const element = h('p', { class: 'status', role: 'group', 'aria-label': text().status.label });
  const update = (): void => {
    const words = text().status;
    const { source, bundle, storage, problem } = agenda.recommender.status;
    const online = navigator.onLine;
    replace(
      element,
      h('span', { class: online ? 'dot' : 'dot dot-off', 'aria-hidden': 'true' }),
      h('span', {}, online ? words.online : words.offline),
      h('span', {}, words[source]),
      bundle ? h('span', {}, fill(words.bundle, { id: bundle.slice(0, 12) })) : null,
      source !== 'fallback' && agenda.slate ? h('span', {}, agenda.slate.ranking === 'learned' ? words.learned : words.rule) : null,
      storage === 'memory' && source !== 'fallback' && agenda.recommender.consent().grade !== 'none' ? h('span', {}, words.memory) : null,
      problem ? h('span', { title: problem.message }, fill(words.problem, { code: problem.code })) : null,
    );
  };
  addEventListener('online', update);
  addEventListener('offline', update);
  return { element, update };
}
