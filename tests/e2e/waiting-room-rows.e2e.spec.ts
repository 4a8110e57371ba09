import { changeQueue, type QueueStatus } from '@onsale/contracts/queue';
import { eventually } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TestMember } from '../kit/member.ts';
import { tally } from '../kit/outcome.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startTestFleet();
});
afterAll(() => fleet?.stop());

const change = async (queueId: string, body: Parameters<typeof fleet.asOperator<typeof changeQueue>>[1]['body']) =>
  fleet.asOperator(changeQueue, { params: { queueId }, body });

/** The numbers of those who are inside, by the journal. */
const inside = async (queueId: string): Promise<number[]> =>
  (await fleet.stores.journal(queueId)).filter(({ endedAt }) => endedAt === null).map(({ number }) => number);

const enters = async (queueId: string, count: number): Promise<{ member: TestMember; number: number }[]> => {
  const members = await fleet.members(count);
  const entered = await Promise.all(
    members.map(async (member) => ({ member, number: (await member.takesNumber(queueId)).body?.number ?? Number.NaN })),
  );
  return entered.toSorted((a, b) => a.number - b.number);
};

const seen = async ({ member }: { member: TestMember }, queueId: string): Promise<QueueStatus> => {
  const { is, body } = await member.status(queueId);
  if (body === undefined) throw new Error(`no status: ${is}`);
  return body;
};

describe('Q1: numbers', () => {
  it('are ten different ones for ten members who come at once', async () => {
    const { queueId } = await fleet.sale({ seats: 1, queue: { cap: 0 } });
    expect(new Set((await enters(queueId, 10)).map(({ number }) => number)).size).toBe(10);
  });
});

describe('Q2: the status', () => {
  it('says where one stands and when to ask again, to whoever shows the token in its header', async () => {
    const { queueId } = await fleet.sale({ seats: 1, queue: { cap: 0, maxPollSeconds: 10 } });
    const line = await enters(queueId, 3);
    for (const [before, one] of line.entries()) {
      const status = await seen(one, queueId);
      expect(status).toMatchObject({ queueId, number: one.number, lane: 'standard', status: 'WAITING', position: before + 1 });
      expect(status.pollAfterMs).toBeGreaterThanOrEqual(1_000);
      expect(status.pollAfterMs).toBeLessThanOrEqual(13_000);
      expect(status).not.toHaveProperty('token');
    }
    const [first] = line;
    first!.member.shows(undefined);
    expect((await first!.member.status(queueId)).is).toBe('401 QUEUE_TOKEN_REQUIRED');
  });
});

describe('Q3: the cap', () => {
  it('lets exactly 100 of 1,000 in who come at once; 10 run out of time, the next 10 come in, and they are 100 still', async () => {
    const { queueId } = await fleet.sale({ seats: 1, queue: { cap: 100, abandonAfterSeconds: 3600 } });
    const line = await enters(queueId, 1_000);
    const numbers = line.map(({ number }) => number);
    expect(numbers.filter(Number.isNaN)).toEqual([]);
    await eventually(async () => expect(await inside(queueId)).toHaveLength(100));
    const first = await inside(queueId);

    const over = first.slice(0, 10);
    await fleet.stores.windowIsOver(queueId, over);
    await eventually(async () => expect(await fleet.stores.journal(queueId)).toHaveLength(110));
    const journal = await fleet.stores.journal(queueId);
    const turns = journal.map(({ number }) => number);
    expect(turns.toSorted((a, b) => a - b)).toEqual(numbers.slice(0, 110)); // of all the lowest, whoever came before others had come
    expect(turns.slice(100)).toEqual(numbers.slice(100, 110));
    expect(fleet.stores.mostAtOnce(journal)).toBe(100);
    const statuses = await Promise.all(line.slice(0, 120).map((one) => seen(one, queueId)));
    expect(statuses.filter(({ status }) => status === 'EXPIRED').map(({ number }) => number)).toEqual(over.toSorted((a, b) => a - b));
    expect(statuses.filter(({ status }) => status === 'ADMITTED')).toHaveLength(100);
    expect(statuses.filter(({ status }) => status === 'WAITING')).toHaveLength(10);
  });

  it('is set while the sale runs: raised, more come in; lowered, nobody does before as many have gone', async () => {
    const { queueId } = await fleet.sale({ seats: 1, queue: { cap: 2, abandonAfterSeconds: 3600 } });
    const line = await enters(queueId, 8);
    const numbers = line.map(({ number }) => number);
    await change(queueId, { cap: 4 });
    await eventually(async () => expect(await inside(queueId)).toEqual(numbers.slice(0, 4)));
    await change(queueId, { cap: 2 });
    for (const one of line.slice(0, 2)) expect((await one.member.leaves(queueId)).is).toBe('204');
    expect((await line[2]!.member.leaves(queueId)).is).toBe('204');
    await eventually(async () => expect(await inside(queueId)).toEqual(numbers.slice(3, 5)));
    expect(await fleet.stores.journal(queueId)).toHaveLength(5); // those who left did so above the cap
  });
});

describe('Q4: a slot that is free', () => {
  it('goes to the next in line on a tick, though nobody asks', async () => {
    const { queueId } = await fleet.sale({ seats: 1, queue: { cap: 1, abandonAfterSeconds: 3600 } });
    const line = await enters(queueId, 4);
    for (const [n, one] of line.entries()) {
      await eventually(async () => expect(await inside(queueId)).toEqual([one.number]));
      if (n < 3) expect((await one.member.leaves(queueId)).is).toBe('204');
    }
  });
});

describe('Q5: the time inside', () => {
  const runsOut = async (onExpiry: 'end' | 'requeue') => {
    const { queueId } = await fleet.sale({ seats: 1, queue: { cap: 1, abandonAfterSeconds: 3600 } });
    await change(queueId, { onExpiry });
    const [first, second] = (await enters(queueId, 2)) as [Awaited<ReturnType<typeof enters>>[0], Awaited<ReturnType<typeof enters>>[0]];
    await eventually(async () => expect(await inside(queueId)).toEqual([first.number]));
    await fleet.stores.windowIsOver(queueId);
    await eventually(async () => expect(await inside(queueId)).toEqual([second.number]));
    return { queueId, first, second };
  };

  it('is over for whoever has used it up; who asks for another number stands behind the rest', async () => {
    const { queueId, first, second } = await runsOut('end');
    expect(await seen(first, queueId)).toMatchObject({ number: first.number, status: 'EXPIRED' });
    const again = await first.member.takesNumber(queueId);
    expect(again.body).toMatchObject({ status: 'WAITING', position: 1 });
    expect(again.body!.number).toBeGreaterThan(second.number);
  });

  it('may put whoever has used it up back into the line, by merely looking', async () => {
    const { queueId, first, second } = await runsOut('requeue');
    await eventually(async () => {
      await first.member.status(queueId);
      expect((await fleet.queue(queueId)).waiting).toBe(1);
    });
    expect((await second.member.leaves(queueId)).is).toBe('204');
    await eventually(async () => {
      const [number] = await inside(queueId);
      expect(number).toBeGreaterThan(second.number);
    });
  });
});

describe('Q8: the capacity', () => {
  it('of a line that is made with a schedule is 110 % of its seats; whoever comes then is told to come again', async () => {
    const { queueId } = await fleet.sale({ seats: 10 });
    const line = await enters(queueId, 11);
    expect(line.filter(({ number }) => Number.isNaN(number))).toEqual([]);
    const [late] = await fleet.members(1);
    const refused = await late.once().takesNumber(queueId);
    expect(refused.is).toBe('503 QUEUE_FULL');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await line[0]!.member.takesNumber(queueId)).is).toBe('200'); // who is in keeps its place
    expect((await line[0]!.member.leaves(queueId)).is).toBe('204');
    expect((await late.takesNumber(queueId)).is).toBe('201');
  });
});

describe('Q11: many who look at once', () => {
  it('are answered by a few calls to the queue, each with the answers of many', async () => {
    const { queueId } = await fleet.sale({ seats: 1, queue: { cap: 0, abandonAfterSeconds: 3600 } });
    const line = await enters(queueId, 50);
    const gateways = fleet.processesOf('gateway');
    const calls = () => fleet.metric(gateways, 'onsale_gateway_token_check_batch_count');
    const tokens = () => fleet.metric(gateways, 'onsale_gateway_token_check_batch_sum');
    const before = [await calls(), await tokens()] as const;
    const answers = await Promise.all(Array.from({ length: 20 }, () => line.map((one) => one.member.status(queueId))).flat());
    expect(tally(answers)).toEqual({ '200': 1_000 });
    expect((await tokens()) - before[1]).toBeGreaterThanOrEqual(1_000);
    expect((await calls()) - before[0]).toBeLessThan(500);
  });
});
