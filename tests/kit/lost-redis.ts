import { expect } from '@jest/globals';
import { eventually } from '@onsale/shared/testing';
import type { TestFleet } from './test-fleet.ts';

const CAP = 2;
/** A promotion, and the rest of a line that has lost writes, on a busy machine. */
const WHOLE_AGAIN = { withinMs: 90_000 };

/**
 * A sale in the middle of which Redis loses what it held: no spent token comes back, those inside stay inside and buy on, the line goes on in its order
 * behind them, newcomers sort behind it, the cap holds. `fits` says whether a queue lies where it is to be lost.
 */
export const survivesLosing = async (
  fleet: TestFleet,
  loseRedis: (queueId: string) => Promise<void>,
  fits: (queueId: string) => Promise<boolean> = async () => true,
): Promise<void> => {
  const open = () => fleet.sale({ seats: 10, price: 1_000, queue: { cap: CAP, maxPollSeconds: 1 } });
  let sale = await open();
  while (!(await fits(sale.queueId))) sale = await open();
  const { queueId, scheduleId } = sale;
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

  await loseRedis(queueId);

  await fleet.atEveryGateway(spenderIsDone);
  expect(await spender.holds(scheduleId, ['2'])).toMatchObject({
    is: '403 QUEUE_NOT_ADMITTED',
    problem: { queue: { status: 'COMPLETED' } },
  });
  expect(await insider.holds(scheduleId, ['2'])).toMatchObject({ is: '201' });
  for (const member of line.slice(1).toReversed()) expect((await member.status(queueId)).body).toMatchObject({ status: 'WAITING' });
  await insider.leaves(queueId);
  const [newcomer] = await fleet.members(1);
  const last = (await newcomer.takesNumber(queueId)).body!.number;
  expect(last).toBeGreaterThan(Math.max(...numbers));
  for (const member of [...line, newcomer]) {
    await eventually(async () => {
      for (const other of [...line, newcomer]) await other.status(queueId);
      expect((await member.status(queueId)).body).toMatchObject({ status: 'ADMITTED' });
    }, WHOLE_AGAIN);
    await member.leaves(queueId);
  }

  const journal = await fleet.stores.journal(queueId);
  expect(journal.map(({ number }) => number).slice(CAP)).toEqual([...numbers, last]);
  expect(fleet.stores.mostAtOnce(journal)).toBeLessThanOrEqual(CAP);
};
