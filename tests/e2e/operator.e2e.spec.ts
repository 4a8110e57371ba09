import {
  changeQueue,
  closeQueue,
  completePlace,
  endEpoch,
  listAllQueues,
  pauseQueue,
  readQueueAudit,
  readQueueDetail,
  resumeQueue,
  revokePlace,
  streamStatus,
} from '@onsale/contracts/queue';
import { readReservationAudit } from '@onsale/contracts/reservation';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@onsale/shared/testing';
import { urlOf } from '@onsale/contracts';
import { openEvents } from '../../services/gateway/src/testing/streams.ts';
import type { TestMember } from '../kit/member.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startTestFleet({ replicas: { queue: 2 } });
});
afterAll(() => fleet?.stop());

const statusOf = async (member: TestMember, queueId: string) => (await member.status(queueId)).body;
/** One inside, and another who waits. */
const sale = async () => {
  const { queueId, scheduleId, concertId } = await fleet.sale({ seats: 3, queue: { cap: 1, maxPollSeconds: 2 } });
  const [inside, waiting, newcomer] = await fleet.members(3);
  await inside.isAdmitted(queueId);
  await waiting.takesNumber(queueId);
  return { queueId, scheduleId, concertId, params: { queueId }, inside, waiting, newcomer };
};

describe('an operator', () => {
  it('pauses and resumes a sale, and everybody in it is told; those inside go on', async () => {
    const { queueId, scheduleId, params, inside, waiting } = await sale();
    await fleet.asOperator(pauseQueue, { params, body: { message: 'Back in a minute' } });
    await eventually(async () =>
      expect(await statusOf(waiting, queueId)).toMatchObject({
        status: 'WAITING',
        position: 1,
        state: 'PAUSED',
        message: 'Back in a minute',
      }),
    );
    // the other replica hears of it a moment later
    await eventually(async () => expect(await statusOf(inside, queueId)).toMatchObject({ status: 'ADMITTED', state: 'PAUSED' }));
    expect((await inside.holds(scheduleId, ['1'])).is).toBe('201');
    await eventually(async () =>
      expect(await waiting.holds(scheduleId, ['2'])).toMatchObject({
        is: '403 QUEUE_NOT_ADMITTED',
        problem: { queue: { state: 'PAUSED', message: 'Back in a minute' } },
      }),
    );
    await inside.leaves(queueId);
    expect(await statusOf(waiting, queueId)).toMatchObject({ status: 'WAITING' });

    await fleet.asOperator(resumeQueue, { params, body: { message: null } });
    const admitted = await eventually(async () => {
      const status = await statusOf(waiting, queueId);
      expect(status).toMatchObject({ status: 'ADMITTED', state: 'OPEN' });
      return status;
    });
    expect(admitted).not.toHaveProperty('message');
  });

  it('closes a sale for good: no numbers, and those who wait hear of it', async () => {
    const { queueId, scheduleId, params, inside, waiting, newcomer } = await sale();
    await fleet.asOperator(closeQueue, { params, body: { message: 'Sold out' } });
    await eventually(async () =>
      expect(await statusOf(waiting, queueId)).toMatchObject({ status: 'WAITING', state: 'CLOSED', message: 'Sold out' }),
    );
    await eventually(async () => {
      // by either replica, each of which hears of it in its own time
      for (const another of await fleet.members(4)) expect((await another.takesNumber(queueId)).is).toBe('403 QUEUE_CLOSED');
    });
    expect((await newcomer.takesNumber(queueId)).is).toBe('403 QUEUE_CLOSED');
    expect((await inside.holds(scheduleId, ['1'])).is).toBe('201');
    const operator = await fleet.accessToken({ role: 'operator' });
    await expect(fleet.client.call(resumeQueue, { params, accessToken: operator })).rejects.toMatchObject({ code: 'QUEUE_ALREADY_CLOSED' });
  });

  it('takes a number back: the gate is shut within the second that an answer is kept, and stays so when Redis is emptied', async () => {
    const { queueId, scheduleId, params, inside, waiting } = await sale();
    const { number } = (await statusOf(inside, queueId))!;
    expect((await inside.holds(scheduleId, ['1'])).is).toBe('201'); // the gate has its answer
    expect(await fleet.asOperator(revokePlace, { params, body: { number } })).toMatchObject({ number, status: 'REVOKED' });
    await eventually(async () =>
      expect(await inside.holds(scheduleId, ['2'])).toMatchObject({
        is: '403 QUEUE_NOT_ADMITTED',
        problem: { queue: { status: 'REVOKED' } },
      }),
    );
    await eventually(async () => expect(await statusOf(waiting, queueId)).toMatchObject({ status: 'ADMITTED' }));

    await fleet.emptyRedis();
    await eventually(async () => expect(await statusOf(inside, queueId)).toMatchObject({ status: 'REVOKED' }));
    expect((await inside.holds(scheduleId, ['2'])).is).toBe('403 QUEUE_NOT_ADMITTED');
    await eventually(async () => expect(await statusOf(waiting, queueId)).toMatchObject({ status: 'ADMITTED' }));
  });

  it('ends an epoch: all its tokens are worth nothing and its streams end; who comes again finds an empty line, under the same cap', async () => {
    const { queueId, scheduleId, params, inside, waiting, newcomer } = await sale();
    expect((await inside.holds(scheduleId, ['1'])).is).toBe('201'); // the gate has its answer
    const headers = { authorization: `Bearer ${waiting.accessToken}`, 'queue-token': waiting.token()! };
    const stream = await openEvents(urlOf(fleet.gatewayUrl, streamStatus, params), headers);
    try {
      await eventually(() => expect(stream.statuses().at(-1)).toMatchObject({ status: 'WAITING' }));
      const body = { endsEpoch: (await fleet.asOperator(readQueueDetail, { params })).epoch };
      for (let again = 0; again < 2; again += 1)
        expect(await fleet.asOperator(endEpoch, { params, body })).toMatchObject({ id: queueId, epoch: 2 });
      await eventually(() => expect(stream.heard.events.at(-1)).toMatchObject({ event: 'end', data: { reason: expect.any(String) } }));
    } finally {
      stream.close();
    }
    await eventually(async () => expect((await inside.holds(scheduleId, ['2'])).is).toBe('401 QUEUE_TOKEN_INVALID'));
    await eventually(async () => expect((await waiting.status(queueId)).is).toBe('401 QUEUE_TOKEN_INVALID'));
    await eventually(async () => expect((await inside.status(queueId)).is).toBe('401 QUEUE_TOKEN_INVALID'));
    await eventually(async () => {
      const detail = await fleet.asOperator(readQueueDetail, { params });
      expect(detail).toMatchObject({ epoch: 2, waiting: 0, admitted: 0, ended: { REVOKED: 1 } });
    });

    await newcomer.isAdmitted(queueId);
    await waiting.takesNumber(queueId);
    expect(await statusOf(waiting, queueId)).toMatchObject({ status: 'WAITING', position: 1 });
    await fleet.emptyRedis();
    expect((await inside.status(queueId)).is).toBe('401 QUEUE_TOKEN_INVALID');
    expect((await newcomer.holds(scheduleId, ['3'])).is).toBe('201');
    await newcomer.leaves(queueId);
    await eventually(async () => expect(await statusOf(waiting, queueId)).toMatchObject({ status: 'ADMITTED' }), { withinMs: 60_000 });
    expect(fleet.stores.mostAtOnce(await fleet.stores.journal(queueId))).toBe(1);
  });

  it('tells of a completion, and the next comes in', async () => {
    const { queueId, params, inside, waiting } = await sale();
    const { number } = (await statusOf(inside, queueId))!;
    for (let again = 0; again < 2; again += 1)
      expect(await fleet.asOperator(completePlace, { params, body: { number } })).toMatchObject({ number, status: 'COMPLETED' });
    await eventually(async () => expect(await statusOf(waiting, queueId)).toMatchObject({ status: 'ADMITTED' }));
    await eventually(async () => expect(await statusOf(inside, queueId)).toMatchObject({ status: 'COMPLETED' }));
    await eventually(async () =>
      expect(await fleet.asOperator(readQueueDetail, { params })).toMatchObject({ admitted: 1, ended: { COMPLETED: 1 }, passedOver: 0 }),
    );
  });

  it('reads what was changed, by whom, in each service; a member does not', async () => {
    const { queueId, concertId, params } = await sale();
    await fleet.asOperator(changeQueue, { params, body: { cap: 7 } });
    const { items } = await fleet.asOperator(readQueueAudit, { query: { subject: queueId } });
    expect(items).toMatchObject([{ action: 'queue.change', before: { cap: 1 }, after: { cap: 7 } }, { action: 'queue.create' }]);
    const concerts = await fleet.asOperator(readReservationAudit, { query: { subject: concertId } });
    expect(concerts.items).toMatchObject([{ action: 'concert.create', subject: concertId }]);
    expect((await fleet.asOperator(listAllQueues, { query: { limit: 100 } })).items).toContainEqual(
      expect.objectContaining({ id: queueId, cap: 7, windowSeconds: expect.any(Number) }),
    );
    const member = await fleet.accessToken();
    for (const route of [readQueueAudit, listAllQueues])
      await expect(fleet.client.call(route, { accessToken: member })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('has the slot of an owner who never comes given on, and nobody else’s', async () => {
    const { queueId } = await fleet.sale({ seats: 3, queue: { cap: 2, maxPollSeconds: 1, abandonAfterSeconds: 60 } });
    await fleet.asOperator(changeQueue, { params: { queueId }, body: { noShowAfterSeconds: 1 } });
    const [stays, leaves, neverComes] = await fleet.members(3);
    const [waits] = await fleet.members(1);
    await stays.isAdmitted(queueId);
    await leaves.isAdmitted(queueId);
    await neverComes.takesNumber(queueId);
    await leaves.leaves(queueId);
    await eventually(async () => expect(await fleet.stores.journal(queueId)).toHaveLength(3)); // admitted, and not told so
    await waits.takesNumber(queueId);
    await eventually(async () => expect(await statusOf(waits, queueId)).toMatchObject({ status: 'ADMITTED' }), { withinMs: 60_000 });
    await eventually(async () => expect(await statusOf(neverComes, queueId)).toMatchObject({ status: 'EXPIRED' }));
    expect(await statusOf(stays, queueId)).toMatchObject({ status: 'ADMITTED' });
    expect(fleet.stores.mostAtOnce(await fleet.stores.journal(queueId))).toBe(2);
  });

  it('bounds the rate: two replicas admit everybody, and never more than it allows', async () => {
    const rate = 10;
    const { queueId } = await fleet.sale({ seats: 1, queue: { cap: 1000 } });
    await fleet.asOperator(changeQueue, { params: { queueId }, body: { admitPerSecond: rate } });
    const members = await fleet.members(40);
    const began = Date.now();
    await Promise.all(members.map((member) => member.takesNumber(queueId)));
    const journal = await eventually(
      async () => {
        const rows = await fleet.stores.journal(queueId);
        expect(rows).toHaveLength(members.length);
        return rows;
      },
      { withinMs: 60_000 },
    );
    // a bucket of one second's admissions and the next one, full at the beginning, and what came in since; a row is stamped a moment after the bucket was
    // looked at, so nothing is said of how they fall
    const lasted = Math.max(...journal.map(({ admittedAt }) => admittedAt.getTime())) - began;
    expect(journal.length).toBeLessThanOrEqual(rate + 1 + (rate * lasted) / 1000);
  });
});
