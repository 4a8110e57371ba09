import { createConnection } from 'mysql2/promise';

/** Keeps a table to itself: whoever asks for it waits until `release`, which has to come within their lock wait. */
export const lockTable = async (url: string, table: string) => {
  const connection = await createConnection({ uri: url });
  await connection.query(`LOCK TABLES \`${table}\` WRITE`);
  /** By the end of the connection, however often it is called. */
  return { release: async (): Promise<void> => connection.destroy() };
};
