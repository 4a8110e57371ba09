import { testDatabase, type TestDatabase } from '../../testing/index.ts';
import type { Trx } from '../index.ts';

/** A schema with two things that have no points: `begin` sets them back. */
export const twoThings = async (options: Omit<Parameters<typeof testDatabase>[0] & object, 'migrations'> = {}) => {
  const database: TestDatabase = await testDatabase({ migrations: new URL('../fixtures/migrations/', import.meta.url), ...options });
  const { db } = database;
  return {
    ...database,
    begin: async (): Promise<void> => {
      await db('things').delete();
      await db('things').insert([
        { id: 1, points: 0 },
        { id: 2, points: 0 },
      ]);
    },
    points: (): Promise<number[]> => db('things').orderBy('id').pluck('points'),
    add: (trx: Trx, id: number): Promise<number> => trx('things').where({ id }).increment('points', 1),
  };
};
