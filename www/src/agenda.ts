/**
 * What the page is showing, and the one way to change it: ask the recommender again.
 *
 * Every click that teaches something ends in `refresh`, so the list moves at once; only the newest answer counts.
 */
import {
  TriquetaError, type ActivityCard, type EventBody, type Recommender, type Slate, type Vocabulary,
} from '@triqueta/recommender';
import { noChoice, toFilters, type Choice } from './choice.ts';

/** Which list is shown. */
export type View = 'forYou' | 'saved';

/** Why the list was asked for again. */
export interface Cause {
  /** The activity the visitor acted on, whose new place is announced. */
  readonly acted?: ActivityCard;
  /** Nothing the visitor did moved it: no announcement. */
  readonly quiet?: boolean;
}

const PAGE = 12;
const MOST = 96;
const SAVED = 200;

/** The page's state. */
export class Agenda {
  readonly recommender: Recommender;
  readonly vocabulary: Vocabulary;
  choice: Choice = noChoice();
  view: View = 'forYou';
  slate: Slate | null = null;
  limit: number = PAGE;
  /** Called with every new list. */
  onList: (slate: Slate, cause: Cause) => void = () => {};
  /** Called when something could not be recorded or ranked. */
  onTrouble: (error: TriquetaError) => void = () => {};
  #asked = 0;

  constructor(recommender: Recommender) {
    this.recommender = recommender;
    this.vocabulary = recommender.vocabulary();
  }

  /** Asks for the list again and shows it, unless a newer question overtook this one. */
  async refresh(cause: Cause = {}): Promise<void> {
    const turn = ++this.#asked;
    try {
      const slate = await (this.view === 'saved' ? this.#saved() : this.#forYou());
      if (turn !== this.#asked) return;
      this.slate = slate;
      this.onList(slate, cause);
    } catch (thrown) {
      this.#trouble(thrown);
    }
  }

  /** Records what happened; trouble is reported, never thrown into a click. */
  async note(body: EventBody): Promise<void> {
    try {
      await this.recommender.record(body);
    } catch (thrown) {
      this.#trouble(thrown);
    }
  }

  /** Whether opinions have an effect: the plain list keeps none, so it offers none. */
  get learns(): boolean {
    return this.recommender.status.source !== 'fallback';
  }

  /** Whether "more" would bring more. */
  get hasMore(): boolean {
    return this.view === 'forYou' && !!this.slate && this.limit < MOST && this.slate.total > this.slate.items.length;
  }

  /** One more page. */
  async more(): Promise<void> {
    this.limit = Math.min(this.limit + PAGE, MOST);
    await this.refresh({ quiet: true });
  }

  /** Changes the filters and starts from the first page. */
  async choose(change: Partial<Choice>): Promise<void> {
    this.choice = { ...this.choice, ...change };
    this.limit = PAGE;
    await this.refresh();
  }

  /** Switches between the ranked list and the saved ones. */
  async show(view: View): Promise<void> {
    this.view = view;
    this.limit = PAGE;
    void this.note({ kind: 'navigation', action: 'view_list', parameters: { list: view === 'saved' ? 'favourites' : 'recommended' } });
    await this.refresh();
  }

  #forYou(): Promise<Slate> {
    const filters = toFilters(this.choice, this.recommender.profile(), Date.now());
    return this.recommender.recommend({ limit: this.limit, filters, placement: 'home' });
  }

  #saved(): Promise<Slate> {
    const filters = { onlyFavourites: true, includePast: true };
    return this.recommender.recommend({ limit: SAVED, filters, explorationSlots: 0, placement: 'saved' });
  }

  #trouble(thrown: unknown): void {
    const error = thrown instanceof TriquetaError ? thrown : new TriquetaError('UNEXPECTED', String(thrown), thrown);
    console.error(`[triqueta] ${error.code}: ${error.message}`, error.cause ?? '');
    this.onTrouble(error);
  }
}
