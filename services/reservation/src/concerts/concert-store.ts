import type { Concert } from '@onsale/contracts/reservation';
import type { Queryable } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';

interface Row {
  readonly id: Buffer;
  readonly title: string;
  readonly venue: string;
  readonly description: string;
  readonly created_at: Date;
}

const concertOf = ({ id, title, venue, description, created_at }: Row): Concert => ({
  id: bytesToId(id),
  title,
  venue,
  description,
  createdAt: created_at.toISOString(),
});

/** Announces a concert. */
export const insert = async (db: Queryable, { id, createdAt, ...rest }: Concert): Promise<void> => {
  await db('concerts').insert({ id: idToBytes(id), created_at: new Date(createdAt), ...rest });
};

/** One concert, if there is such. */
export const find = async (db: Queryable, id: string): Promise<Concert | undefined> => {
  const row = (await db('concerts')
    .where({ id: idToBytes(id) })
    .first()) as Row | undefined;
  return row === undefined ? undefined : concertOf(row);
};

/** Concerts older than `before`, newest first; one more than `limit`, if there are. */
export const list = async (db: Queryable, { limit, before }: { limit: number; before: string | undefined }): Promise<Concert[]> => {
  const query = db('concerts')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  if (before !== undefined) void query.where('id', '<', idToBytes(before));
  return ((await query) as Row[]).map(concertOf);
};
