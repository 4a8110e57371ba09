import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inTransaction } from '@onsale/shared/db';
import { idToBytes, newId, systemClock } from '@onsale/shared/ids';
import { temporaryFolders, testKafka } from '@onsale/shared/testing';
import { broken } from '../../scripts/invariants/report.ts';
import { verifyInvariants } from '../../scripts/invariants/verify-invariants.ts';
import { SEEDED } from '../../scripts/seed/seeded.ts';
import { postTransfer } from '../../services/payment/src/ledger/post-transfer.ts';
import type { TestMember } from '../kit/member.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

const folders = temporaryFolders();
let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startTestFleet();
});
afterAll(async () => {
  await fleet?.stop();
  folders.remove();
});

const sale = (seats: number) => fleet.sale({ seats, price: 1_000, queue: { cap: 5 } });

/** Through the line to owned seats; whoever finds the seat taken leaves. */
const shops = async (
  member: TestMember,
  { queueId, scheduleId }: { queueId: string; scheduleId: string },
  seatId: string,
): Promise<string> => {
  await member.isAdmitted(queueId);
  const held = await member.holds(scheduleId, [seatId]);
  if (held.body === undefined) return (await member.leaves(queueId)).is;
  await member.charges(1_000);
  return (await member.pays(held.body.id)).is;
};

describe('the invariants', () => {
  it('hold at every moment while a crowd buys, and when it has gone', async () => {
    const shop = await sale(20);
    const crowd = await fleet.members(40);
    const over = new AbortController();
    const load = Promise.all(crowd.map((member, i) => shops(member, shop, String((i % 20) + 1)))).finally(() => over.abort());

    let looks = 0;
    while (!over.signal.aborted) {
      expect(broken(await verifyInvariants(fleet))).toEqual([]);
      looks += 1;
    }

    const outcomes = await load;
    expect(outcomes.filter((is) => is === '201')).toHaveLength(20);
    expect(looks).toBeGreaterThan(1);
    expect(broken(await verifyInvariants(fleet))).toEqual([]);
  });
});

describe('npm run verify:invariants', () => {
  const settings = (): Record<string, string> => ({
    ONSALE_PAYMENT_MYSQL_URL: fleet.databases.payment!,
    ONSALE_RESERVATION_MYSQL_URL: fleet.databases.reservation!,
    ONSALE_QUEUE_MYSQL_URL: fleet.databases.queue!,
    ONSALE_COMMERCE_MYSQL_URL: fleet.databases.commerce!,
    ONSALE_REDIS_URL: fleet.redisUrl,
    ONSALE_NAMESPACE: fleet.namespace,
    ONSALE_KAFKA_BROKERS: testKafka().brokers.join(','),
  });
  const runs = (env: Record<string, string>, args: string[] = []): Promise<{ code: number; told: string }> =>
    new Promise((resolve) => {
      const command = join(import.meta.dirname, '../../scripts/commands/verify-invariants.ts');
      const options = { env: { PATH: process.env['PATH'], ...env }, timeout: 60_000 };
      execFile(process.execPath, [command, ...args], options, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), told: stdout + stderr }),
      );
    });

  it('prints every sentence with its count, and ends with 0 when all hold', async () => {
    const [ada] = await fleet.members(1);
    expect(await shops(ada, await sale(1), '1')).toBe('201');
    const { code, told } = await runs(settings());
    expect(told).toContain('✔ I1       0  no two reservations hold or have bought the same seat\n');
    expect(told).toMatch(/\n\d+ sentences, 0 violations\n/);
    expect(code).toBe(0);
  });

  it('names what contradicts one, and ends with 1', async () => {
    const [ada] = await fleet.members(1);
    await ada.charges(5_000);
    const wallet = () => fleet.stores.databases.payment('wallets').where({ member_id: idToBytes(ada.id) });
    await wallet().increment('balance', 1);
    const { code, told } = await runs(settings());
    await wallet().decrement('balance', 1);
    expect(told).toContain(`✖ I2       1  no wallet is negative`);
    expect(told).toContain(ada.id);
    expect(code).toBe(1);
  });

  it('misses an event that was never sent', async () => {
    const [ada] = await fleet.members(1);
    const shop = await sale(1);
    await ada.isAdmitted(shop.queueId);
    const held = await ada.holds(shop.scheduleId, ['1']);
    await ada.releases(held.body!.id);
    const reservation = () => fleet.stores.databases.reservation('reservations').where({ id: idToBytes(held.body!.id) });
    await reservation().increment('version', 1); // as if it had changed, and the row of the outbox that tells of it had been lost
    const { code, told } = await runs(settings());
    await reservation().decrement('version', 1);
    expect(told).toContain(`${held.body!.id} sequence 3`);
    expect(told).toContain(', 1 violations');
    expect(code).toBe(1);
  });

  it('misses the event of a charge that was never sent, but none of seeded points', async () => {
    const [{ id: memberId }] = await fleet.members(1);
    const { payment } = fleet.stores.databases;
    const post = postTransfer({ newId, clock: systemClock });
    const reference = newId();
    await inTransaction(payment, (trx) => post(trx, { kind: 'CHARGE', reference, memberId, amount: 5_000 }));
    const { code, told } = await runs(settings());
    expect(told).toContain(`${memberId} sequence 1`);
    expect(told).toContain(', 1 violations');
    expect(code).toBe(1);
    await payment('ledger_transactions')
      .where({ reference })
      .update({ reference: `${SEEDED}${reference}` });
    expect(await runs(settings())).toMatchObject({ code: 0 });
  });

  it('checks what clients were told when it has their journal', async () => {
    const [ada] = await fleet.members(1);
    const at = new Date().toISOString();
    const charge = { kind: 'charge', memberId: ada.id, idempotencyKey: 'a-key', startedAt: at, endedAt: at, attempts: 1, answers: ['one'] };
    const file = join(folders.make(), 'operations.ndjson');
    writeFileSync(file, `${JSON.stringify({ ...charge, subject: { amount: 5_000 }, outcome: { status: 201 } })}\n`);
    const impatient = ['--operations', file, '--patience', '1']; // what is not there stays away
    expect(await runs(settings(), impatient)).toMatchObject({ code: 1, told: expect.stringContaining('✖ I6       1') });
    await ada.charges(5_000, 'a-key');
    expect(await runs(settings(), ['--operations', file])).toMatchObject({ code: 0, told: expect.stringContaining('✔ I6       0') });
  });

  it.each([
    ['a store that does not answer', { ONSALE_QUEUE_MYSQL_URL: 'mysql://root@127.0.0.1:9/queue' }, [], 'the store of queue cannot be read'],
    ['a Redis that does not answer', { ONSALE_REDIS_URL: 'redis://127.0.0.1:9/0' }, [], 'the store of Redis cannot be read'],
    ['a Kafka that does not answer', { ONSALE_KAFKA_BROKERS: '127.0.0.1:9' }, [], 'the store of Kafka cannot be read'],
    ['a store that nobody named', { ONSALE_PAYMENT_MYSQL_URL: '' }, [], 'ONSALE_PAYMENT_MYSQL_URL'],
    ['a journal that is not there', {}, ['--operations', '/nowhere'], '/nowhere cannot be read'],
  ])('says nothing of the invariants for %s, and ends with 2', async (_what, other, args, told) => {
    const outcome = await runs({ ...settings(), ...other }, args);
    expect(outcome.told).toContain(told);
    expect(outcome.told).not.toContain('sentences');
    expect(outcome.code).toBe(2);
  });
});
