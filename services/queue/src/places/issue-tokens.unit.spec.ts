import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { QueueToken } from '@onsale/contracts/queue';
import { Refusal } from '@onsale/shared/errors';
import { captureLog } from '@onsale/shared/testing';
import { issueTokens } from './issue-tokens.ts';

const tokenOf = (memberId: string): QueueToken => ({
  token: `t-${memberId}`,
  queueId: 'q',
  number: 1,
  lane: 'standard',
  status: 'WAITING',
});

/** What comes of each member, by its id. */
const given = (came: Readonly<Record<string, () => Promise<never>>>) => {
  const { log, lines } = captureLog();
  const issueToken = ({ member: { id } }: { member: { id: string } }) =>
    came[id]?.() ?? Promise.resolve({ created: true, token: tokenOf(id) });
  const give = issueTokens({ issueToken, log });
  return { lines, give: (...members: string[]) => give(members.map((memberId) => ({ queueId: 'q', memberId }))) };
};

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('numbers for many at once', () => {
  it('are each an answer of its own: a refusal, a fault and a number', async () => {
    const { give, lines } = given({
      full: () => Promise.reject(new Refusal('QUEUE_FULL', 'Full.', { retryAfterSeconds: 7 })),
      broken: () => Promise.reject(new TypeError('a secret')),
    });
    const answers = await give('ada', 'full', 'broken');
    expect(answers.slice(0, 2)).toEqual([
      { created: true, token: tokenOf('ada') },
      { code: 'QUEUE_FULL', detail: 'Full.', retryAfterSeconds: 7 },
    ]);
    expect(answers[2]).toMatchObject({ code: 'INTERNAL' });
    expect(JSON.stringify(answers)).not.toContain('secret');
    expect(lines()).toMatchObject([{ level: 'error', err: { message: 'a secret' } }]);
  });

  it('do not wait for one that does not come', async () => {
    const { give } = given({ hanging: () => new Promise(() => {}) });
    const answers = give('ada', 'hanging');
    await jest.advanceTimersByTimeAsync(3000);
    expect(await answers).toMatchObject([{ created: true }, { code: 'UPSTREAM_UNAVAILABLE', retryAfterSeconds: 1 }]);
  });
});
