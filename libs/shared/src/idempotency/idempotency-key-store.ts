import type { Database, Queryable, Trx } from '../db/index.ts';

export interface KeyRow {
  readonly request_hash: Buffer;
  readonly value: string | null;
}

/**
 * Both engines have the wait as a session variable alone (MySQL takes no SET_VAR hint for it), and the connection goes back to a pool: so it is put
 * back whatever happens. Where that fails too, the connection is lost.
 */
const waitingOneSecond = async <T>(trx: Trx, statement: () => Promise<T>): Promise<T> => {
  await trx.raw('SET @usual_wait = @@SESSION.innodb_lock_wait_timeout, SESSION innodb_lock_wait_timeout = 1');
  try {
    return await statement();
  } finally {
    await trx.raw('SET SESSION innodb_lock_wait_timeout = @usual_wait');
  }
};

/** Waits up to 1 s for another transaction with the same key. @throws 1062 when the key is kept, 1205 when that other one is not done yet */
export const insert = async (trx: Trx, { scope, requestHash, at }: { scope: Buffer; requestHash: Buffer; at: Date }): Promise<void> => {
  await waitingOneSecond(trx, async () => trx('idempotency_keys').insert({ scope, request_hash: requestHash, created_at: at }));
};

export const find = async (db: Queryable, scope: Buffer): Promise<KeyRow | undefined> => {
  const row: unknown = await db('idempotency_keys').where({ scope }).first('request_hash', 'value');
  return row as KeyRow | undefined;
};

export const setValue = async (trx: Trx, { scope, value }: { scope: Buffer; value: string }): Promise<void> => {
  await trx('idempotency_keys').where({ scope }).update({ value });
};

/** How many of at most `limit` were deleted. */
export const deleteBefore = async (db: Database, { before, limit }: { before: Date; limit: number }): Promise<number> =>
  db('idempotency_keys').where('created_at', '<', before).orderBy('created_at').limit(limit).delete();
