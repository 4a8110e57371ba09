import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import { createDatabase, migrate, type Database, type DatabaseOptions } from '../db/index.ts';
import { testEngine } from './test-engine.ts';

export interface TestDatabase {
  readonly db: Database;
  /** For a second pool, as another process would have one. */
  readonly url: string;
  drop(): Promise<void>;
}

export interface TestDatabaseOptions extends Omit<DatabaseOptions, 'url'> {
  /** The migrations of a service: `new URL('../../migrations/', import.meta.url)`. Without them the schema is empty. */
  readonly migrations?: URL | string;
}

const asAdmin = async (sql: string): Promise<void> => {
  const connection = await createConnection({ uri: testEngine('ONSALE_TEST_MYSQL_URL'), connectTimeout: 10_000 });
  try {
    await connection.query(sql);
  } finally {
    connection.destroy();
  }
};

/** A schema of its own for one spec file, migrated; `drop` closes the pool and takes the schema away. */
export const testDatabase = async ({ migrations, ...options }: TestDatabaseOptions = {}): Promise<TestDatabase> => {
  const schema = `onsale_test_${randomBytes(8).toString('hex')}`;
  const address = new URL(testEngine('ONSALE_TEST_MYSQL_URL'));
  address.pathname = `/${schema}`;
  const url = address.href;
  await asAdmin(`CREATE DATABASE ${schema} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci`);
  if (migrations !== undefined) await migrate({ url, directory: migrations });
  const db = createDatabase({ ...options, url });
  return {
    db,
    url,
    drop: async () => {
      await db.destroy();
      await asAdmin(`DROP DATABASE IF EXISTS ${schema}`);
    },
  };
};
