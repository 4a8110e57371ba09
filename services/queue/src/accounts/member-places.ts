import { memberHash } from '@onsale/shared/auth';
import type { Trx } from '@onsale/shared/db';
import type { SectionReader } from '@onsale/shared/member-data';

interface PlaceRow {
  queue_id: string;
  number: number;
  lane: string;
  admitted_at: Date | null;
  until: Date | null;
  ended_at: Date | null;
  ending: string | null;
}

/** By the index (queue_id, member): a look for each queue, of which there are few. */
const ofMember = (trx: Trx, memberId: string) =>
  trx('queues AS q').join('journal AS j', (on) => void on.on('j.queue_id', 'q.id').andOnVal('j.member', memberHash(memberId)));

/** Where a member was admitted, or left, newest first; a place that only waits is in Redis alone, and is gone when its member is. */
export const readPlaces: SectionReader = async (trx, { memberId, limit }) => {
  const rows: PlaceRow[] = await ofMember(trx, memberId)
    .select('j.queue_id', 'j.number', 'j.lane', 'j.admitted_at', 'j.until', 'j.ended_at', 'j.ending')
    .orderByRaw('COALESCE(j.admitted_at, j.ended_at) DESC')
    .limit(limit);
  return rows.map(({ queue_id, number, lane, admitted_at, until, ended_at, ending }) => ({
    queueId: queue_id,
    number,
    lane,
    ...(admitted_at && { admittedAt: admitted_at.toISOString() }),
    ...(until && { admittedUntil: until.toISOString() }),
    ...(ended_at && { endedAt: ended_at.toISOString() }),
    ...(ending && { end: ending }),
  }));
};

/** The places by which a member is inside now. */
export const livePlaces = async (trx: Trx, memberId: string): Promise<{ queueId: string; number: number }[]> => {
  const rows: { queue_id: string; number: number }[] = await ofMember(trx, memberId)
    .whereNull('j.ended_at')
    .orderBy(['j.queue_id', 'j.number'])
    .select('j.queue_id', 'j.number');
  return rows.map(({ queue_id, number }) => ({ queueId: queue_id, number }));
};
