import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@onsale/shared/testing';
import type { TestMember } from '../kit/member.ts';
import { tally } from '../kit/outcome.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startTestFleet();
});
afterAll(() => fleet?.stop());

describe('Q7: the gate', () => {
  it('tells each wrong token by its code, and lets nothing through', async () => {
    const { queueId, scheduleId } = await fleet.sale({ seats: 2, queue: { cap: 1 } });
    const other = await fleet.sale({ seats: 2, queue: { cap: 10 } });
    const [ada, bob, eve] = await fleet.members(3);
    await ada.isAdmitted(queueId);
    await bob.takesNumber(queueId);
    await eve.isAdmitted(other.queueId);
    const refused = async (token: string | undefined) => {
      eve.shows(token);
      const outcome = await eve.holds(scheduleId, ['1']);
      return [outcome.is, outcome.headers.get('www-authenticate')];
    };
    const elsewhere = eve.token()!;

    expect(await refused(undefined)).toEqual(['401 QUEUE_TOKEN_REQUIRED', 'Queue-Token']);
    expect(await refused('nonsense')).toEqual(['401 QUEUE_TOKEN_INVALID', 'Queue-Token']);
    expect(await refused(`${elsewhere.slice(0, -2)}AA`)).toEqual(['401 QUEUE_TOKEN_INVALID', 'Queue-Token']);
    expect(await refused(ada.token())).toEqual(['403 QUEUE_TOKEN_FOREIGN', null]);
    expect(await refused(elsewhere)).toEqual(['403 QUEUE_WRONG', null]);
    expect(await bob.holds(scheduleId, ['1'])).toMatchObject({
      is: '403 QUEUE_NOT_ADMITTED',
      problem: { queue: { status: 'WAITING', position: 1 } },
    });
    expect(await fleet.stores.reservations(scheduleId)).toEqual([]);
  });
});

describe('numbers', () => {
  it('Q1: are one a member, however often it asks at once', async () => {
    const { queueId } = await fleet.sale({ seats: 1, queue: { cap: 0 } });
    const [ada] = await fleet.members(1);
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => ada.takesNumber(queueId)));
    const { '200': shown = 0, '201': made = 0, ...others } = tally(outcomes);
    expect(others).toEqual({});
    expect(made).toBeLessThanOrEqual(1); // whose answer may have been lost, and been asked for again
    expect(shown + made).toBe(10);
    expect(new Set(outcomes.map(({ body }) => body?.number)).size).toBe(1);
    await eventually(async () => expect((await fleet.queue(queueId)).waiting).toBe(1)); // counters are kept for a second
  });

  it('Q3, Q4: admit five hundred members in order, never more than fifty at a time', async () => {
    const { queueId } = await fleet.sale({ seats: 1, queue: { cap: 50 } });
    const members = await fleet.members(500);
    const entered = await Promise.all(members.map((member) => member.takesNumber(queueId)));
    expect(entered.filter(({ body }) => body === undefined)).toEqual([]);
    expect(new Set(entered.map(({ body }) => body!.number)).size).toBe(500);

    const numberOf = new Map(members.map((member, n) => [member, entered[n]!.body!.number]));
    const left = new Set(members.toSorted((a, b) => numberOf.get(a)! - numberOf.get(b)!)); // those who are inside are among the first
    const leavesOnceInside = async (member: TestMember): Promise<void> => {
      const { body } = await member.status(queueId);
      const gone = body?.status === 'ADMITTED' ? (await member.leaves(queueId)).is === '204' : body?.status === 'LEFT';
      if (gone) left.delete(member);
    };
    await eventually(
      async () => {
        await Promise.all([...left].slice(0, 120).map(leavesOnceInside));
        expect(left.size).toBe(0);
      },
      { withinMs: 120_000 },
    );

    const journal = await fleet.stores.journal(queueId);
    expect(journal).toHaveLength(500);
    const numbers = journal.map(({ number }) => number);
    expect(numbers).toEqual(entered.map(({ body }) => body!.number).sort((a, b) => a - b));
    expect(fleet.stores.mostAtOnce(journal)).toBeLessThanOrEqual(50);
    expect(fleet.stores.mostAtOnce(journal)).toBeGreaterThan(25);
  });
});
