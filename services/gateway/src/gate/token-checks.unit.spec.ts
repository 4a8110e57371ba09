import type { Sale, TokenCheckResult } from '@onsale/contracts/queue';
import { createMetrics } from '@onsale/shared/metrics';
import { captureLog } from '@onsale/shared/testing';
import { describe, expect, it } from '@jest/globals';
import { createTokenChecks } from './token-checks.ts';

const payload = { queueId: 'q', epoch: 1, number: 7, lane: 'standard', member: 'm', issuedAt: 1 };

const given = (first: TokenCheckResult, sales?: Sale[]) => {
  const time = { now: 10_000 };
  const queue = { says: first, calls: 0, away: false, takesMs: 0 };
  const checks = createTokenChecks({
    queue: {
      call: async () => {
        queue.calls += 1;
        time.now += queue.takesMs;
        if (queue.away) throw new Error('connect ECONNREFUSED 10.0.0.1:8081');
        return { results: [queue.says], ...(sales !== undefined && { sales }) };
      },
      stop: async () => undefined,
    },
    deadlineMs: 1000,
    waiting: 10,
    breakerResetMs: 1000,
    monotonic: () => time.now,
    log: captureLog().log,
    metrics: createMetrics({ service: 'test', defaults: false }),
  });
  return { time, queue, checks };
};

describe('what the queue says of a token', () => {
  it.each([
    ['a second', 60_000, 1000],
    ['what remains of the admission', 250, 250],
  ])('is kept for %s at most when it is ADMITTED', async (_what, remainingMs, keptMs) => {
    const { time, queue, checks } = given({ status: 'ADMITTED', remainingMs });
    await checks.unlessAdmitted('t', payload);
    time.now += keptMs - 1;
    expect(await checks.unlessAdmitted('t', payload)).toBeUndefined();
    expect(queue.calls).toBe(1);
    time.now += 1;
    queue.says = { status: 'EXPIRED' };
    expect(await checks.unlessAdmitted('t', payload)).toEqual({ status: 'EXPIRED' });
    checks.stop();
  });

  it('is counted from the question, not from the answer', async () => {
    const { time, queue, checks } = given({ status: 'ADMITTED', remainingMs: 250 });
    queue.takesMs = 200;
    await checks.unlessAdmitted('t', payload);
    time.now += 51;
    await checks.unlessAdmitted('t', payload);
    expect(queue.calls).toBe(2);
    checks.stop();
  });

  it.each([{ status: 'WAITING' }, { status: 'INVALID' }, { status: 'ADMITTED' }, { status: 'ADMITTED', remainingMs: 0 }] as const)(
    'is not kept when it is %j',
    async (says) => {
      const { queue, checks } = given(says);
      await checks.unlessAdmitted('t', payload);
      await checks.unlessAdmitted('t', payload);
      expect(queue.calls).toBe(2);
      checks.stop();
    },
  );

  it('is asked for anew by a status, whose answer counts from then on', async () => {
    const { queue, checks } = given({ status: 'ADMITTED', remainingMs: 60_000 });
    await checks.unlessAdmitted('t', payload);
    queue.says = { status: 'COMPLETED' };
    expect(await checks.check('t', payload)).toEqual({ status: 'COMPLETED' });
    expect(await checks.unlessAdmitted('t', payload)).toEqual({ status: 'COMPLETED' });
    checks.stop();
  });

  it('is forgotten for a member who leaves', async () => {
    const { queue, checks } = given({ status: 'ADMITTED', remainingMs: 60_000 });
    await checks.unlessAdmitted('t', payload);
    checks.forget('t');
    await checks.unlessAdmitted('t', payload);
    expect(queue.calls).toBe(2);
    checks.stop();
  });

  it('comes with the state and the message of its own sale', async () => {
    const sales: Sale[] = [
      { queueId: 'another', state: 'OPEN' },
      { queueId: 'q', state: 'PAUSED', message: 'Soon' },
    ];
    const { checks } = given({ status: 'WAITING', position: 3 }, sales);
    expect(await checks.check('t', payload)).toEqual({ status: 'WAITING', position: 3, state: 'PAUSED', message: 'Soon' });
    checks.stop();
  });

  it('is a refusal while the queue is away, by its breaker in the end', async () => {
    const { queue, checks } = given({ status: 'ADMITTED' });
    queue.away = true;
    for (let i = 0; i < 30; i++) await expect(checks.unlessAdmitted('t', payload)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(queue.calls).toBe(20);
    checks.stop();
  });
});
