import { describe, expect, it } from '@jest/globals';
import { restMs, verdictOfAnswer, verdictOfFailure } from './verdict.ts';

const answer = (status: number, code?: string, retryAfter?: string) => ({
  is: '',
  status,
  ...(code === undefined ? {} : { code }),
  headers: { get: (name: string) => (name === 'retry-after' ? (retryAfter ?? null) : null) },
});
const failure = (code: string) => Object.assign(new Error(code), { code });

describe('an answer', () => {
  it.each([
    [201, undefined],
    [202, undefined],
    [402, 'INSUFFICIENT_POINTS'],
    [403, 'QUEUE_NOT_ADMITTED'],
    [409, 'SEAT_TAKEN'],
    [409, 'PAYMENT_IN_PROGRESS'],
  ])('%s %s is one', (status, code) => {
    expect(verdictOfAnswer(answer(status, code))).toEqual({ is: 'answered' });
  });

  it.each([
    [409, 'BUSY', false],
    [429, 'RATE_LIMITED', false],
    [503, 'QUEUE_FULL', false],
    [409, 'IDEMPOTENCY_IN_FLIGHT', true],
    [500, 'INTERNAL', true],
    [502, undefined, true],
    [503, 'OVERLOADED', true],
    [503, 'UPSTREAM_UNAVAILABLE', true],
    [504, 'TIMEOUT', true],
  ])('%s %s asks for another try; it may have happened: %s', (status, code, mayHaveHappened) => {
    expect(verdictOfAnswer(answer(status, code))).toEqual({ is: 'again', mayHaveHappened });
    expect(verdictOfAnswer(answer(status, code, '2'))).toEqual({ is: 'again', mayHaveHappened, retryAfterMs: 2_000 });
  });
});

describe('no answer', () => {
  it.each([
    ['a refused connection', failure('ECONNREFUSED'), false],
    ['a refused connection of fetch', new TypeError('fetch failed', { cause: failure('ECONNREFUSED') }), false],
    ['a connection that was reset', failure('ECONNRESET'), true],
    ['one that the other side closed', failure('UND_ERR_SOCKET'), true],
    ['a deadline', new DOMException('', 'TimeoutError'), true],
    ['half a body', new SyntaxError('Unexpected end of JSON input'), true],
  ])('for %s', (_what, error, mayHaveHappened) => {
    expect(verdictOfFailure(error)).toEqual({ is: 'again', mayHaveHappened });
  });

  it('is no excuse for a mistake of ours', () => {
    expect(() => verdictOfFailure(new TypeError('x is not a function'))).toThrow('x is not a function');
  });
});

describe('the rest before another try', () => {
  it('grows, with a cap and jitter', () => {
    expect([1, 2, 3, 9].map((tries) => restMs({ tries, random: 0 }))).toEqual([50, 100, 200, 1_000]);
    expect(restMs({ tries: 9, random: 0.999 })).toBeLessThan(2_000);
  });

  it('is never shorter than the shop asks for, nor absurdly long', () => {
    expect(restMs({ tries: 1, retryAfterMs: 3_000, random: 0 })).toBe(3_000);
    expect(restMs({ tries: 1, retryAfterMs: 3_000, random: 0.5 })).toBe(3_750);
    expect(restMs({ tries: 1, retryAfterMs: 3_600_000, random: 0 })).toBe(30_000);
  });
});
