/** What a click on an activity does: it is recorded, and the list answers. */
import type { SlateItem } from '@triqueta/recommender';
import type { Agenda } from './agenda.ts';
import { fill, text } from './text/index.ts';
import { toast } from './toast.ts';

/** Like, or take it back. */
export async function like(agenda: Agenda, item: SlateItem): Promise<void> {
  const opinion = item.liked ? 'maybe' : 'like';
  await agenda.note({ kind: 'feedback', activity: item.activity.id, opinion, shown: item.shown });
  await agenda.refresh({ acted: item.activity });
}

/** Not for me: it leaves the list, and can be brought back. */
export async function dislike(agenda: Agenda, item: SlateItem): Promise<void> {
  const { activity, shown } = item;
  await agenda.note({ kind: 'feedback', activity: activity.id, opinion: 'dislike', shown });
  await agenda.refresh({ acted: activity });
  toast(fill(text().list.hidden, { title: activity.title }), {
    label: text().list.undo,
    press: () => void bringBack(agenda, item),
  });
}

/** Save, or stop saving. */
export async function save(agenda: Agenda, item: SlateItem): Promise<void> {
  const action = item.favourite ? 'removed' : 'added';
  await agenda.note({ kind: 'favourite', activity: item.activity.id, action, shown: item.shown });
  await agenda.refresh({ acted: item.activity });
}

async function bringBack(agenda: Agenda, { activity, shown }: SlateItem): Promise<void> {
  await agenda.note({ kind: 'feedback', activity: activity.id, opinion: 'maybe', shown });
  await agenda.refresh({ acted: activity });
}
