import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Refusal, tooLate } from '../errors/index.ts';
import { captureLog } from '../testing/index.ts';
import { answerEach } from './answer-each.ts';
import { problemOf } from './problem.ts';
import { refusalOfRefused } from './refused.ts';

/** What comes of each who asks, by name. */
const given = (came: Readonly<Record<string, () => Promise<never>>>) => {
  const { log, lines } = captureLog();
  const answer = answerEach({
    answer: async (name: string) => (await came[name]?.()) ?? { mine: name },
    late: tooLate,
    about: (name) => ({ name }),
    log,
  });
  return { lines, answer: (...names: string[]) => answer(names) };
};

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('many who were asked for in one call', () => {
  it('are each answered by themselves: a refusal, a fault and an answer', async () => {
    const { answer, lines } = given({
      full: () => Promise.reject(new Refusal('QUEUE_FULL', 'Full.', { retryAfterSeconds: 7 })),
      broken: () => Promise.reject(new TypeError('a secret')),
    });
    const answers = await answer('ada', 'full', 'broken');
    expect(answers.slice(0, 2)).toEqual([{ mine: 'ada' }, { code: 'QUEUE_FULL', detail: 'Full.', retryAfterSeconds: 7 }]);
    expect(answers[2]).toMatchObject({ code: 'INTERNAL' });
    expect(JSON.stringify(answers)).not.toContain('secret');
    expect(lines()).toMatchObject([{ level: 'error', err: { message: 'a secret' }, name: 'broken' }]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('do not wait for one that does not come', async () => {
    const { answer } = given({ hanging: () => new Promise(() => {}) });
    const answers = answer('ada', 'hanging');
    await jest.advanceTimersByTimeAsync(3000);
    expect(await answers).toMatchObject([{ mine: 'ada' }, { code: 'TIMEOUT', retryAfterSeconds: 1 }]);
  });

  it('are told of a refusal all that its problem says', async () => {
    const refusal = new Refusal('COUPON_ALREADY_ISSUED', 'You have it.', {
      extra: { memberCouponId: 'm', at: 1 },
      errors: [{ pointer: '/a', detail: 'b' }],
    });
    const [told] = await given({ one: () => Promise.reject(refusal) }).answer('one');
    const again = refusalOfRefused(JSON.parse(JSON.stringify(told)) as never);
    expect(JSON.stringify(problemOf(again, 'r'))).toBe(JSON.stringify(problemOf(refusal, 'r')));
    expect(again.retryAfterSeconds).toBeUndefined();
  });
});
