import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../testing/index.ts';
import { migrate } from './index.ts';

const directory = new URL('./fixtures/migrations/', import.meta.url);
const all = ['0001-things.ts', '0002-first-thing.ts'];

describe('migrate', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(() => database.drop());

  it('applies each migration once when four processes begin at the same time', async () => {
    const results = await Promise.all(Array.from({ length: 4 }, () => migrate({ url: database.url, directory })));

    expect(results.flatMap(({ applied }) => applied)).toEqual(all);
    expect(await database.db('migrations').orderBy('id').pluck('name')).toEqual(all);
    expect(await database.db('things').pluck('id')).toEqual([1]);
  });
});
