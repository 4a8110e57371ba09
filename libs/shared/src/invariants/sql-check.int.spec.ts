import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { idToBytes, newId } from '../ids/index.ts';
import { testDatabase, type TestDatabase } from '../testing/index.ts';
import { runChecks, uuidOf } from './index.ts';

let database: TestDatabase;
const ids = Array.from({ length: 12 }, newId);
beforeAll(async () => {
  database = await testDatabase();
  await database.db.raw('CREATE TABLE things (id BINARY(16) PRIMARY KEY, size INT NOT NULL)');
  await database.db('things').insert(ids.map((id, size) => ({ id: idToBytes(id), size })));
});
afterAll(() => database.drop());

const smallerThan = (size: number) => ({
  invariant: 'I1',
  says: `all are smaller than ${size}`,
  sql: `SELECT ${uuidOf('id')} AS offender FROM things WHERE size >= ?`,
  bindings: [size],
});

describe('runChecks', () => {
  it('answers a finding for each sentence, in their order', async () => {
    const findings = await runChecks(database.db, [smallerThan(12), smallerThan(11)]);
    expect(findings).toEqual([
      { invariant: 'I1', says: 'all are smaller than 12', violations: 0, offenders: [] },
      { invariant: 'I1', says: 'all are smaller than 11', violations: 1, offenders: [ids[11]] },
    ]);
  });

  it('counts all and names the first ten, by the ids that everybody else uses', async () => {
    const [finding] = await runChecks(database.db, [smallerThan(0)]);
    expect(finding).toMatchObject({ violations: 12, offenders: ids.slice(0, 10) });
  });
});
