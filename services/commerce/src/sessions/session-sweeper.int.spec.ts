import { idToBytes, newId } from '@onsale/shared/ids';
import { captureLog, eventually, testDatabase, type TestDatabase } from '@onsale/shared/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { hashOf } from './refresh-token.ts';
import { createSessionSweeper } from './session-sweeper.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase({ migrations: new URL('../../migrations/', import.meta.url) });
});
afterAll(() => database.drop());

it('removes what ran out more than a day ago, however much it is, and leaves the rest', async () => {
  const { db } = database;
  const daysAgo = (days: number) => db.raw('NOW(3) - INTERVAL ? HOUR', [days * 24]);
  const token = (name: string, days: number) => ({
    hash: hashOf(name),
    session_id: idToBytes(newId()),
    issued_at: daysAgo(40),
    expires_at: daysAgo(days),
  });
  const session = (days: number) => ({
    id: idToBytes(newId()),
    member_id: idToBytes(newId()),
    created_at: daysAgo(40),
    expires_at: daysAgo(days),
  });
  await db('refresh_tokens').insert([
    ...Array.from({ length: 2100 }, (_, i) => token(`old ${i}`, 2)),
    token('just out', 0.5),
    token('alive', -3),
  ]);
  await db('sessions').insert([session(2), session(0.5), session(-3)]);

  const sweeper = createSessionSweeper({ db, everyMs: 60_000, log: captureLog().log });
  await sweeper.start();
  const counts = async () => [(await db('refresh_tokens').select('hash')).length, (await db('sessions').select('id')).length];
  await eventually(async () => expect(await counts()).toEqual([2, 2]));
  await sweeper.stop();
});
