import { createConnection, type ConnectionOptions, type RowDataPacket } from 'mysql2/promise';
import type { Database } from './create-database.ts';

/** Short, as the answer is asked for now and then beside everything else. */
const DEADLINE_MS = 2000;

/** By the value of `@@global.read_only`: 0 or 1 of MySQL and of MariaDB before 12.0.1, a word since (OFF, ON, NO_LOCK, NO_LOCK_NO_ADMIN). */
export const takesWrites = (readOnly: unknown): boolean => ['0', 'OFF'].includes(String(readOnly).toUpperCase());

/**
 * Asks the engine behind a pool by a connection of its own, so that a pool which is lost can be told from an engine that is away. One that takes no
 * writes (failing over) counts as away. @throws whatever keeps the engine from answering
 */
export const askEngine = (db: Database) => async (): Promise<void> => {
  const { connection: options } = (db.client as { readonly config: { readonly connection: ConnectionOptions } }).config;
  const connection = await createConnection({ ...options, connectTimeout: DEADLINE_MS });
  try {
    const [rows] = await connection.query<RowDataPacket[]>({ sql: 'SELECT @@global.read_only AS closed', timeout: DEADLINE_MS });
    if (!takesWrites(rows[0]?.['closed'])) throw new Error('the engine takes no writes');
  } finally {
    connection.destroy();
  }
};
