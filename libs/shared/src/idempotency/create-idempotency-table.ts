import type { Queryable } from '../db/index.ts';

/** For a migration: `export const up = createIdempotencyTable`. The value is text, so that what is answered again is what was answered, to the byte. */
export const createIdempotencyTable = async (db: Queryable): Promise<void> => {
  await db.raw(`
    CREATE TABLE idempotency_keys (
      scope BINARY(32) NOT NULL PRIMARY KEY,
      request_hash BINARY(32) NOT NULL,
      value LONGTEXT NULL,
      created_at DATETIME(3) NOT NULL,
      KEY created (created_at)
    ) ENGINE = InnoDB`);
};
