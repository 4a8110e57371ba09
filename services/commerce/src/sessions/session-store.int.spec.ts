import { inTransaction } from '@onsale/shared/db';
import { newId } from '@onsale/shared/ids';
import { testDatabase, type TestDatabase } from '@onsale/shared/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { endSession, findUnannounced, insertSession, markAnnounced, unmarkAnnounced } from './session-store.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase({ migrations: new URL('../../migrations/', import.meta.url) });
});
afterAll(() => database.drop());

it('keeps an end to be announced that was asked for again while a replica was telling it', async () => {
  const { db } = database;
  const [sessionId, memberId] = [newId(), newId()];
  await inTransaction(db, (trx) => insertSession(trx, { sessionId, tokenHash: Buffer.alloc(32), lifeSeconds: 60 }, memberId));
  await endSession(db, { sessionId, memberId, by: 'SIGN_OUT' });
  const told = await findUnannounced(db, 10);
  expect(told).toEqual([{ sessionId, round: 1 }]);
  await unmarkAnnounced(db, 600);
  await markAnnounced(db, told);
  const again = await findUnannounced(db, 10);
  expect(again).toEqual([{ sessionId, round: 2 }]);
  await markAnnounced(db, again);
  expect(await findUnannounced(db, 10)).toEqual([]);
});
