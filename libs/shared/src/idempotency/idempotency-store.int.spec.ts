import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createDatabase, type Database, type Trx } from '../db/index.ts';
import { newId } from '../ids/index.ts';
import { fixedClock, gate, testDatabase, type TestDatabase } from '../testing/index.ts';
import { createIdempotencyStore, type KeyScope } from './index.ts';

const clock = fixedClock();

const buildScope = (over: Partial<KeyScope> = {}): KeyScope => ({
  memberId: newId(),
  method: 'POST',
  path: '/api/v1/payments',
  key: newId(),
  requestHash: randomBytes(32),
  ...over,
});

describe('idempotency keys', () => {
  let database: TestDatabase;
  let here: Database;
  let elsewhere: Database;

  beforeAll(async () => {
    database = await testDatabase({ migrations: new URL('./fixtures/migrations/', import.meta.url) });
    here = database.db;
    elsewhere = createDatabase({ url: database.url, lockWaitSeconds: 1 });
  });
  afterAll(async () => {
    await elsewhere.destroy();
    await database.drop();
  });
  beforeEach(async () => {
    await here('effects').delete();
    await here('idempotency_keys').delete();
  });

  const storeOf = (db: Database) => createIdempotencyStore({ db, clock });
  const addEffect = async (trx: Trx): Promise<{ id: number; seats: string[] }> => {
    const [id] = await trx('effects').insert({ points: 100 });
    return { id: id!, seats: ['b', 'a'] };
  };
  /** A transaction with the key that has begun, and goes on when it is told to. */
  const underWay = async (scope: KeyScope) => {
    const [begun, held] = [gate(), gate()];
    const first = storeOf(here)
      .once(scope)
      .transaction(here, async (trx) => {
        begun.open();
        await held.opened;
        return addEffect(trx);
      });
    await begun.opened;
    return { first, open: held.open };
  };
  const effects = (): Promise<{ id: number }[]> => here('effects').select('id');

  it('does once what twenty callers in two processes ask for at once, and gives all of them the same answer', async () => {
    const scope = buildScope();
    const asks = Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? here : elsewhere)).map(async (db) => {
      const once = storeOf(db).once(scope);
      return { value: await once.transaction(db, addEffect), replayed: once.replayed };
    });
    const answers = await Promise.all(asks);

    const rows = await effects();
    expect(rows).toHaveLength(1);
    expect(answers.map(({ value }) => value)).toEqual(Array.from({ length: 20 }, () => ({ id: rows[0]!.id, seats: ['b', 'a'] })));
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(await storeOf(here).find(scope)).toEqual({ value: { id: rows[0]!.id, seats: ['b', 'a'] } });
  });

  it('refuses the key for another request, before and inside of the transaction', async () => {
    const scope = buildScope();
    const other = { ...scope, requestHash: randomBytes(32) };
    await storeOf(here).once(scope).transaction(here, addEffect);

    await expect(storeOf(here).find(other)).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    await expect(storeOf(here).once(other).transaction(here, addEffect)).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    expect(await effects()).toHaveLength(1);
  });

  it.each([
    ['member', { memberId: newId() }],
    ['method', { method: 'PUT' }],
    ['path', { path: '/api/v1/orders' }],
    ['key', { key: newId() }],
  ])('takes the same key of another %s for another key', async (_, over) => {
    const scope = buildScope();
    await storeOf(here).once(scope).transaction(here, addEffect);
    await storeOf(here)
      .once({ ...scope, ...over })
      .transaction(here, addEffect);

    expect(await effects()).toHaveLength(2);
  });

  it('says in flight, once and without trying again, while another transaction with the key goes on', async () => {
    const scope = buildScope();
    const { first, open } = await underWay(scope);
    const statements: string[] = [];
    elsewhere.on('query', ({ sql }: { sql: string }) => statements.push(sql));

    await expect(storeOf(elsewhere).once(scope).transaction(elsewhere, addEffect)).rejects.toMatchObject({
      code: 'IDEMPOTENCY_IN_FLIGHT',
      retryAfterSeconds: 1,
    });
    open();
    const value = await first;

    expect(statements.filter((sql) => sql.startsWith('insert into `idempotency_keys`'))).toHaveLength(1);
    expect(await storeOf(elsewhere).once(scope).transaction(elsewhere, addEffect)).toEqual(value);
    expect(await effects()).toHaveLength(1);
  });

  it('answers with the other process’s value when that is committed while the key is waited for', async () => {
    const scope = buildScope();
    const { first, open } = await underWay(scope);
    const asked = new Promise<void>((resolve) => {
      elsewhere.on('query', ({ sql }: { sql: string }) => sql.startsWith('insert into `idempotency_keys`') && resolve());
    });
    const second = storeOf(elsewhere).once(scope);
    const waiting = second.transaction(elsewhere, addEffect);
    await asked;
    open();

    expect(await waiting).toEqual(await first);
    expect(second.replayed).toBe(true);
    expect(await effects()).toHaveLength(1);
  });

  it('forgets the key when the use case fails, so that it can be tried again', async () => {
    const scope = buildScope();
    const fail = async (trx: Trx): Promise<never> => {
      await addEffect(trx);
      throw new Error('no');
    };
    await expect(storeOf(here).once(scope).transaction(here, fail)).rejects.toThrow('no');

    expect(await effects()).toHaveLength(0);
    expect(await storeOf(here).find(scope)).toBeUndefined();
    await storeOf(here).once(scope).transaction(here, addEffect);
    expect(await effects()).toHaveLength(1);
  });

  it('lets waiters go on one by one when the first fails', async () => {
    const scope = buildScope();
    let failures = 2;
    const act = async (trx: Trx): Promise<{ id: number }> => {
      const value = await addEffect(trx);
      if (failures-- > 0) throw new Error('no');
      return value;
    };
    const asks = Array.from({ length: 8 }, (_, n) => (n % 2 === 0 ? here : elsewhere)).map((db) =>
      storeOf(db).once(scope).transaction(db, act),
    );
    const results = await Promise.allSettled(asks);

    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(2);
    const rows = await effects();
    expect(rows).toHaveLength(1);
    expect(results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.id] : []))).toEqual(Array(6).fill(rows[0]!.id));
  });

  it('runs again with its key when the use case lost a deadlock', async () => {
    const scope = buildScope();
    let runs = 0;
    const value = await storeOf(here)
      .once(scope)
      .transaction(here, async (trx) => {
        runs += 1;
        const answer = await addEffect(trx);
        if (runs === 1) throw Object.assign(new Error('deadlock'), { errno: 1213 });
        return answer;
      });

    expect(runs).toBe(2);
    expect(await effects()).toEqual([{ id: value.id }]);
    expect(await storeOf(here).find(scope)).toEqual({ value });
  });

  it('purges what is older than it is told to, and nothing else', async () => {
    const old = Array.from({ length: 3 }, () => buildScope());
    for (const scope of old) await storeOf(here).once(scope).transaction(here, addEffect);
    const dayLater = new Date(clock.now().getTime() + 24 * 60 * 60_000);
    const young = createIdempotencyStore({ db: here, clock: fixedClock(dayLater) });
    const scope = buildScope();
    await young.once(scope).transaction(here, addEffect);

    expect(await young.purge(dayLater)).toBe(3);
    expect(await young.find(old[0]!)).toBeUndefined();
    expect(await young.find(scope)).toBeDefined();
  });

  it('purges nothing more once it is told to stop', async () => {
    const scope = buildScope();
    await storeOf(here).once(scope).transaction(here, addEffect);
    const dayLater = new Date(clock.now().getTime() + 24 * 60 * 60_000);

    expect(await storeOf(here).purge(dayLater, AbortSignal.abort())).toBe(0);
    expect(await storeOf(here).find(scope)).toBeDefined();
    expect(await storeOf(here).purge(dayLater, new AbortController().signal)).toBeGreaterThan(0);
  });
});
