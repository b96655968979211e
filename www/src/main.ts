/** The page: opens the recommender, puts the parts together, and puts them together again in another language. */
import { Recommender } from '@triqueta/recommender';
import { browserName, deviceType, Searches, Views, type Note } from '@triqueta/recommender/tracking';
import './styles/main.css';
import { Agenda } from './agenda.ts';
import { mountAnnouncer } from './announce.ts';
import { CHANNEL, CITY, EVENTS } from './city.ts';
import { consentCard, hasChosen } from './consent.ts';
import { openDetail } from './detail.ts';
import { h, replace } from './dom.ts';
import { filterPanel } from './filters.ts';
import { useCurrency } from './format.ts';
import { glyph } from './glyphs.ts';
import { mark, skyline } from './hero.ts';
import { openKnowledge } from './knowledge.ts';
import { ListSection } from './list.ts';
import { keepForOffline } from './offline.ts';
import { profilePanel } from './profile.ts';
import { SearchField } from './search.ts';
import { statusLine } from './status.ts';
import { currentLocale, fill, initialLocale, setLocale, text, type Locale } from './text/index.ts';
import { mountToasts, toast } from './toast.ts';

/** What is noticed of the list; it outlives a change of language. */
interface Followed {
  readonly seen: Views;
  readonly searches: Searches;
}

const DESKTOP = '(min-width: 960px)';

async function start(): Promise<void> {
  const app = document.querySelector<HTMLElement>('#app') ?? document.body;
  setLocale(initialLocale());
  replace(app, masthead(null, () => {}), hero(CITY.name), h('main', { class: 'waiting' }, h('p', { role: 'status' }, text().list.loading)));
  const recommender = await Recommender.open({ channel: CHANNEL, events: EVENTS, locale: currentLocale() });
  const agenda = new Agenda(recommender);
  const note: Note = (body) => void agenda.note(body);
  const followed = { seen: new Views(note), searches: new Searches(note) };
  useCurrency(agenda.vocabulary.city?.currency);
  agenda.onTrouble = (error) => toast(fill(text().errors.action, { code: error.code }));
  const show = (): void => void mount(app, agenda, followed, show);
  mountAnnouncer(document.body);
  mountToasts(document.body);
  show();
  note({ kind: 'session', device_type: deviceType(), browser: browserName(), locale: currentLocale() });
  keepForOffline();
}

async function mount(app: HTMLElement, agenda: Agenda, { seen, searches }: Followed, again: () => void): Promise<void> {
  document.title = fill(text().title, { city: cityName(agenda) });
  const search = new SearchField(agenda, searches);
  const list = new ListSection(agenda, seen, (item, at) => {
    const source = searches.opened(item.activity.id) ? 'search' : agenda.view === 'saved' ? 'favourites' : 'recommendation';
    openDetail(agenda, item, source, at);
  });
  const status = statusLine(agenda);
  const question = h('div', { class: 'question' });
  const panels = h('div', { class: 'panels' });
  const drawPanels = (): void => {
    const open = new Map([...panels.querySelectorAll('details')].map((panel) => [panel.className, panel.open]));
    const made = [profilePanel(agenda), filterPanel(agenda)];
    for (const panel of made) panel.open = open.get(panel.className) ?? matchMedia(DESKTOP).matches;
    replace(panels, ...made);
  };
  const drawQuestion = (): void => {
    const ask = agenda.learns && !hasChosen(agenda.recommender.consent());
    const answered = (): void => {
      drawQuestion();
      drawPanels();
      list.element.querySelector<HTMLElement>('#list-heading')?.focus({ preventScroll: true });
    };
    replace(question, ask && consentCard(agenda, answered));
  };
  const changed = (): void => {
    drawQuestion();
    drawPanels();
    status.update();
  };
  drawPanels();
  drawQuestion();
  replace(
    app,
    h('a', { class: 'skip', href: '#list-heading' }, text().skip),
    masthead(agenda, again, () => openKnowledge(agenda, changed)),
    hero(cityName(agenda)),
    ...(agenda.vocabulary.city?.simulated ? [h('p', { class: 'simulated', role: 'note' }, text().simulated)] : []),
    h('div', { class: 'layout' },
      h('aside', { class: 'side', 'aria-label': `${text().profile.heading}, ${text().filters.heading}` }, search.element, panels),
      h('main', {}, question, list.element)),
    h('footer', { class: 'foot' }, status.element, h('p', { class: 'note' }, fill(text().status.about, { city: cityName(agenda) }))),
  );
  await agenda.refresh({ quiet: true });
  status.update();
}

function masthead(agenda: Agenda | null, again: () => void, openData?: () => void): HTMLElement {
  const language = (locale: Locale, short: string): HTMLElement => {
    const full = locale === 'es' ? 'Español' : 'English';
    return h('button', {
      type: 'button', class: 'language', lang: locale, 'aria-label': `${short} · ${full}`, title: full, 'aria-pressed': String(currentLocale() === locale),
      onclick: () => {
        setLocale(locale);
        again();
      },
    }, short);
  };
  return h(
    'header',
    { class: 'masthead' },
    h('p', { class: 'brand' }, mark(), 'Triqueta'),
    agenda && h('div', { class: 'languages', role: 'group', 'aria-label': text().switchLanguage }, language('es', 'ES'), language('en', 'EN')),
    openData && h('button', { type: 'button', class: 'button button-quiet data-button', onclick: openData }, glyph('shield'), text().privacyButton),
  );
}

function hero(city: string): HTMLElement {
  return h('section', { class: 'hero', 'aria-labelledby': 'page-heading' }, skyline(), h('div', { class: 'hero-words' }, h('h1', { id: 'page-heading' }, text().heroTitle), h('p', {}, fill(text().tagline, { city }))));
}

function cityName(agenda: Agenda): string {
  return agenda.vocabulary.city?.name || CITY.name;
}

void start();
