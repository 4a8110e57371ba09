import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@onsale/shared/testing';
import { broken } from '../../scripts/invariants/report.ts';
import { verifyInvariants } from '../../scripts/invariants/verify-invariants.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startTestFleet();
});
afterEach(async () => expect(broken(await verifyInvariants(fleet))).toEqual([]));
afterAll(() => fleet?.stop());

describe('a Redis that lost everything', () => {
  it('brings no spent token back, keeps those inside inside, and the line in its order', async () => {
    const { queueId, scheduleId } = await fleet.sale({ seats: 10, price: 1_000, queue: { cap: 2, maxPollSeconds: 1 } });
    const [spender, insider, ...line] = await fleet.members(8);
    await spender.isAdmitted(queueId);
    await insider.isAdmitted(queueId);
    const numbers: number[] = [];
    for (const member of line) numbers.push((await member.takesNumber(queueId)).body!.number);
    const held = await spender.holds(scheduleId, ['1']);
    await spender.charges(1_000);
    await line[0]!.status(queueId);
    expect(await spender.pays(held.body!.id)).toMatchObject({ is: '201' });
    const spenderIsDone = async () => expect((await spender.status(queueId)).body).toMatchObject({ status: 'COMPLETED' });
    await eventually(() => fleet.atEveryGateway(spenderIsDone));
    await eventually(async () => expect((await line[0]!.status(queueId)).body).toMatchObject({ status: 'ADMITTED' }));

    await fleet.emptyRedis();

    await fleet.atEveryGateway(spenderIsDone);
    expect(await spender.holds(scheduleId, ['2'])).toMatchObject({
      is: '403 QUEUE_NOT_ADMITTED',
      problem: { queue: { status: 'COMPLETED' } },
    });
    expect(await insider.holds(scheduleId, ['2'])).toMatchObject({ is: '201' });
    for (const member of line.slice(1).toReversed()) expect((await member.status(queueId)).body).toMatchObject({ status: 'WAITING' });
    await insider.leaves(queueId);
    for (const member of line) {
      await eventually(async () => {
        for (const other of line) await other.status(queueId);
        expect((await member.status(queueId)).body).toMatchObject({ status: 'ADMITTED' });
      });
      await member.leaves(queueId);
    }

    const journal = await fleet.stores.journal(queueId);
    expect(journal.map(({ number }) => number).slice(2)).toEqual(numbers);
    expect(fleet.stores.mostAtOnce(journal)).toBeLessThanOrEqual(2);
  });
});
