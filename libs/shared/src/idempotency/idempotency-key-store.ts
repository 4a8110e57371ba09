import type { Database, Queryable, Trx } from '../db/index.ts';

export interface KeyRow {
  readonly request_hash: Buffer;
  readonly value: string | null;
}

/** Waits for another transaction with the same key, as long as the connection waits for locks. @throws 1062 when the key is kept, 1205 when that other one is not done yet */
export const insert = async (trx: Trx, { scope, requestHash, at }: { scope: Buffer; requestHash: Buffer; at: Date }): Promise<void> => {
  await trx('idempotency_keys').insert({ scope, request_hash: requestHash, created_at: at });
};

export interface KeptRow {
  readonly scope: Buffer;
  readonly requestHash: Buffer;
  readonly value: string;
  readonly at: Date;
}

/** Keys with their values at once, by one statement, in the order of their locks. @throws 1062 when one is kept, 1205 when another transaction has one */
export const insertAll = async (trx: Trx, rows: readonly KeptRow[]): Promise<void> => {
  const sorted = rows.toSorted((a, b) => Buffer.compare(a.scope, b.scope));
  await trx('idempotency_keys').insert(
    sorted.map(({ scope, requestHash, value, at }) => ({ scope, request_hash: requestHash, value, created_at: at })),
  );
};

export const deleteAll = async (trx: Trx, scopes: readonly Buffer[]): Promise<void> => {
  await trx('idempotency_keys').whereIn('scope', scopes).delete();
};

/** Which of the keys are kept; locks nothing. */
export const findKept = async (db: Database, scopes: readonly Buffer[]): Promise<Buffer[]> =>
  db('idempotency_keys').whereIn('scope', scopes).pluck<Buffer[]>('scope');

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
