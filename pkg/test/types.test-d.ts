/** What the published types promise: this file has to compile against them, and each marked line has to be refused. */
import { Recommender, TriquetaError, type ActivityCard, type EventBody, type Slate } from '@triqueta/recommender';
import { Ranker, type RankedSlate } from '@triqueta/recommender/ranking';
import { track, Views } from '@triqueta/recommender/tracking';

const recommender = await Recommender.open({ channel: '/bundles/channel.json', events: '/v1/events', worker: true });
const slate: Slate = await recommender.recommend({ limit: 5, filters: { types: ['cultura'], free: true } });
const first = slate.items[0];
if (first) {
  await recommender.record({ kind: 'impression', shown: first.shown });
  await recommender.record({ kind: 'feedback', activity: first.activity.id, opinion: 'like', shown: first.shown });
  const parts: number = first.contributions.reduce((sum, part) => sum + part.value, 0);
  void parts;
}
const card: ActivityCard | null = await recommender.activity('a');
const thread: 'page' | 'worker' = recommender.status.thread;
void [card, thread];
const stop: () => void = recommender.onChange(() => {});
stop();
const code: string = new TriquetaError('ABORTED', 'stopped').code;
void code;

const tracker = track(recommender, document.body, { attribute: 'data-id', source: 'list' });
tracker.show(slate, { query: 'jazz', results: slate.total });
tracker.detail('a', document.body).close();
new Views((body: EventBody) => void recommender.record(body)).show(slate, [null]);

const ranker = await Ranker.open({ bundle: 'id', read: async () => new Uint8Array() });
ranker.setVisitor({ profile: { tags: ['jazz'] } });
const ranked: RankedSlate = ranker.recommend({ filters: { free: true } });
const title: string | undefined = ranked.items.map(({ activity }) => ranker.card(activity)?.title)[0];
ranker.observe({ kind: 'favourite', activity: 'a', action: 'added' });
const count: number = ranker.rank(new Uint32Array(10), new Float32Array(10), { seed: 7 });
void [title, count];

// @ts-expect-error bytes have to come from somewhere
await Ranker.open({ bundle: 'id' });
// @ts-expect-error its lists have ids
ranked.items[0]?.activity.title;
// @ts-expect-error a promise, because the engine may be in a worker
recommender.activity('a')?.title;
// @ts-expect-error not a move
tracker.navigated('jump');
// @ts-expect-error the channel is required
await Recommender.open({});
// @ts-expect-error not an opinion
const opinion: EventBody = { kind: 'feedback', activity: 'a', opinion: 'love' };
// @ts-expect-error not a grade
await recommender.setConsent({ grade: 'everything' });
// @ts-expect-error slates are not to be changed
slate.items[0].score = 1;
void opinion;
