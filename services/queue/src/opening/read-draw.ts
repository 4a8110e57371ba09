import type { Draw, DrawEntry } from '@onsale/contracts/queue';
import type { Database } from '@onsale/shared/db';
import { notFound } from '@onsale/shared/errors';
import { decodeCursor, pageOf } from '@onsale/shared/paging';
import { z } from 'zod';
import { findDraw, listEntries, type DrawEntryRow } from './draw-store.ts';

interface Page {
  readonly queueId: string;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

const Key = z.tuple([z.int().min(0), z.int().min(0)]);

const entryOf = ({ number, member, lane, score, returned, turn, late }: DrawEntryRow): DrawEntry => ({
  number,
  member,
  lane,
  score,
  ...(returned && { returned }),
  ...(turn !== undefined && { turn, ...(late && { late }) }),
});

/**
 * The draw of a queue: the seed's hash from the start, the seed from the opening on, and a page of the entries once all are written down. Who asks for the
 * same page at the same time shares one read of it.
 * @throws Refusal NOT_FOUND when there is no such queue, or it has no opening; VALIDATION_FAILED for a cursor of something else
 */
export const readDraw = ({ db }: { db: Database }) => {
  const underWay = new Map<string, Promise<Draw>>();

  const read = async ({ queueId, limit, cursor }: Page): Promise<Draw> => {
    const after = decodeCursor(Key, cursor) ?? [0, 0];
    const draw = await findDraw(db, queueId);
    if (draw === undefined) throw notFound('draw');
    const { opensAt, seedHash, seed, count } = draw;
    const rows = count === undefined ? [] : await listEntries(db, { queueId, after, limit: limit + 1 });
    const { items, nextCursor } = pageOf(rows, { limit, keyOf: ({ score, number }) => [score, number], view: entryOf });
    return {
      queueId,
      opensAt: opensAt.toISOString(),
      seedHash,
      ...(seed !== undefined && { seed }),
      ...(count !== undefined && { count }),
      entries: items,
      ...(nextCursor !== undefined && { nextCursor }),
    };
  };

  return (page: Page): Promise<Draw> => {
    const key = JSON.stringify([page.queueId, page.limit, page.cursor]);
    const flight = underWay.get(key) ?? read(page).finally(() => underWay.delete(key));
    underWay.set(key, flight);
    return flight;
  };
};
