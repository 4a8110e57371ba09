import type { DataPart, DataSection } from '@onsale/contracts';
import { inTransaction, type Database, type Queryable, type Trx } from '@onsale/shared/db';
import { bytesToId, idToBytes } from '@onsale/shared/ids';

export interface StoredExport {
  readonly id: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

interface Row {
  id: Buffer;
  created_at: Date;
  expires_at: Date;
}

const exportOf = ({ id, created_at, expires_at }: Row): StoredExport => ({
  id: bytesToId(id),
  createdAt: created_at,
  expiresAt: expires_at,
});

/** Times are the database's. */
export const insertExport = async (
  trx: Trx,
  { id, memberId, lifeSeconds }: { id: string; memberId: string; lifeSeconds: number },
): Promise<void> => {
  await trx('data_exports').insert({
    id: idToBytes(id),
    member_id: idToBytes(memberId),
    created_at: trx.raw('NOW(3)'),
    expires_at: trx.raw('NOW(3) + INTERVAL ? SECOND', [lifeSeconds]),
  });
};

/** An export of the member that has not expired: that of the id, or whichever there is. */
export const findExport = async (db: Queryable, { memberId, id }: { memberId: string; id?: string }): Promise<StoredExport | undefined> => {
  const row: Row | undefined = await db('data_exports')
    .where({ member_id: idToBytes(memberId), ...(id !== undefined && { id: idToBytes(id) }) })
    .where('expires_at', '>', db.raw('NOW(3)'))
    .orderBy('id', 'desc')
    .first('id', 'created_at', 'expires_at');
  return row && exportOf(row);
};

/** Whether there is still such an export; it stays until the transaction ends. */
export const shareExport = async (trx: Trx, id: string): Promise<boolean> => {
  const row: unknown = await trx('data_exports')
    .where({ id: idToBytes(id) })
    .forShare()
    .first('id');
  return row !== undefined;
};

/** One statement each, so that none is larger than an engine takes. */
export const insertParts = async (trx: Trx, parts: readonly DataPart[]): Promise<void> => {
  for (const { exportId, section, part, parts: all, truncated, items } of parts)
    await trx('data_export_parts').insert({
      export_id: idToBytes(exportId),
      section,
      part,
      parts: all,
      truncated,
      items: JSON.stringify(items),
    });
};

/** What has come so far, without what is in it: of each section how many parts have, of how many. */
export const countParts = async (db: Queryable, id: string): Promise<{ section: DataSection; parts: number; came: number }[]> =>
  db('data_export_parts')
    .where({ export_id: idToBytes(id) })
    .groupBy('section', 'parts')
    .select('section', 'parts', db.raw('COUNT(*) AS came'));

type KeptPart = Omit<DataPart, 'exportId'>;

/** What has come, in the order of its parts: megabytes, maybe. */
export const readParts = async (db: Queryable, id: string): Promise<KeptPart[]> => {
  const rows: { section: DataSection; part: number; parts: number; truncated: number; items: string }[] = await db('data_export_parts')
    .where({ export_id: idToBytes(id) })
    .orderBy(['section', 'part'])
    .select('section', 'part', 'parts', 'truncated', 'items');
  return rows.map(({ truncated, items, ...rest }) => ({
    ...rest,
    truncated: truncated === 1,
    items: JSON.parse(items) as KeptPart['items'],
  }));
};

const deleteExports = async (trx: Trx, ids: readonly Buffer[]): Promise<void> => {
  await trx('data_export_parts').whereIn('export_id', ids).delete();
  await trx('data_exports').whereIn('id', ids).delete();
};

/** Locks the exports first: a part that comes meanwhile is deleted with the others, or finds no export. */
export const deleteExportsOf = async (trx: Trx, memberId: string): Promise<void> => {
  const ids: Buffer[] = await trx('data_exports')
    .where({ member_id: idToBytes(memberId) })
    .forUpdate()
    .pluck('id');
  if (ids.length > 0) await deleteExports(trx, ids);
};

/** Deletes up to `limit` exports that have expired, passing by those that somebody else has locked. @returns how many */
export const purgeExports = async (db: Database, limit: number): Promise<number> =>
  inTransaction(db, async (trx) => {
    const ids: Buffer[] = await trx('data_exports')
      .where('expires_at', '<=', trx.raw('NOW(3)'))
      .orderBy('expires_at')
      .limit(limit)
      .forUpdate()
      .skipLocked()
      .pluck('id');
    if (ids.length > 0) await deleteExports(trx, ids);
    return ids.length;
  });
