import { describe, expect, it } from '@jest/globals';
import { createGather, type GatherOptions } from './create-gather.ts';

interface Call {
  readonly questions: readonly number[];
  readonly answer: () => void;
  readonly fail: (error: Error) => void;
}

type Keys = NonNullable<GatherOptions<number, string>['keys']>;
const byLastDigit = (rest: Partial<Keys> = {}): Keys => ({
  of: (question) => String(question % 10),
  maxWaiting: 5000,
  isApart: () => false,
  maxApart: 5000,
  ...rest,
});

const given = (limits: Partial<{ maxBatch: number; maxInFlight: number; maxWaiting: number; waitMs: number; keys: Keys }> = {}) => {
  const calls: Call[] = [];
  const time = { now: 0 };
  const gather = createGather<number, string>({
    maxBatch: 1000,
    maxInFlight: 2,
    maxWaiting: 5000,
    waitMs: 1000,
    ...limits,
    monotonic: () => time.now,
    ask: (questions) =>
      new Promise((resolve, reject) => {
        calls.push({ questions, answer: () => resolve(questions.map((question) => `a${question}`)), fail: reject });
      }),
  });
  return { calls, time, gather };
};

const ticks = async (count = 3): Promise<void> => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
};
const upTo = (count: number): number[] => Array.from({ length: count }, (_nothing, index) => index);

describe('gathering', () => {
  it('sends the questions of one turn together, and gives each its own answer', async () => {
    const { calls, gather } = given();
    const answers = upTo(100).map((question) => gather(question));
    await ticks();
    expect(calls.map(({ questions }) => questions.length)).toEqual([100]);
    calls[0]!.answer();
    expect(await Promise.all(answers)).toEqual(upTo(100).map((question) => `a${question}`));
  });

  it('has two calls under way at most; what comes meanwhile goes together in the next', async () => {
    const { calls, gather } = given();
    const answers: Promise<string>[] = [];
    for (const question of upTo(10)) {
      answers.push(gather(question));
      await ticks(1);
    }
    expect(calls.map(({ questions }) => questions)).toEqual([[0], [1]]);
    calls[0]!.answer();
    await ticks();
    expect(calls[2]!.questions).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
    calls[1]!.answer();
    calls[2]!.answer();
    expect(await Promise.all(answers)).toHaveLength(10);
  });

  it('splits what is more than a call takes', async () => {
    const { calls, gather } = given({ maxBatch: 4 });
    const answers = upTo(10).map((question) => gather(question));
    await ticks();
    calls[0]!.answer();
    await ticks();
    for (const call of calls.slice(1)) call.answer();
    await Promise.all(answers);
    expect(calls.map(({ questions }) => questions.length)).toEqual([4, 4, 2]);
  });

  it('never has two calls of one key under way; others go past', async () => {
    const { calls, gather } = given({ keys: byLastDigit() });
    const answers = [gather(1)];
    await ticks();
    answers.push(gather(11), gather(2), gather(12), gather(21));
    await ticks();
    expect(calls.map(({ questions }) => questions)).toEqual([[1], [2, 12]]);
    calls[0]!.answer();
    await ticks();
    expect(calls[2]!.questions).toEqual([11, 21]);
    calls[1]!.answer();
    calls[2]!.answer();
    expect(await Promise.all(answers)).toEqual(['a1', 'a11', 'a2', 'a12', 'a21']);
  });

  it('shares no call of a key that is apart with others', async () => {
    const { calls, gather } = given({ maxInFlight: 3, keys: byLastDigit({ isApart: (key) => key === '2' }) });
    const answers = [1, 2, 3, 12, 22].map((question) => gather(question));
    await ticks();
    expect(calls.map(({ questions }) => questions)).toEqual([
      [1, 3],
      [2, 12, 22],
    ]);
    for (const call of calls) call.answer();
    expect(await Promise.all(answers)).toHaveLength(5);
  });

  it('leaves calls to others beside those of keys that go apart', async () => {
    const { calls, gather } = given({ maxInFlight: 3, keys: byLastDigit({ isApart: (key) => key === '1' || key === '2', maxApart: 1 }) });
    const asked = [1, 2, 3, 13, 12].map(gather);
    await ticks();
    expect(calls.map(({ questions }) => questions)).toEqual([[1], [3, 13]]);
    asked.push(gather(4));
    await ticks();
    expect(calls[2]!.questions).toEqual([4]);
    calls[0]!.answer();
    await ticks();
    expect(calls[3]!.questions).toEqual([2, 12]);
    for (const { answer } of calls.slice(1)) answer();
    expect(await Promise.all(asked)).toEqual(['a1', 'a2', 'a3', 'a13', 'a12', 'a4']);
  });

  it('refuses when too many of one key wait, and has places for others', async () => {
    const { calls, time, gather } = given({ keys: byLastDigit({ maxWaiting: 2 }), waitMs: 10 });
    const first = gather(1);
    await ticks();
    const late = [gather(11), gather(21)];
    await expect(gather(31)).rejects.toMatchObject({ code: 'OVERLOADED' });
    const other = gather(2);
    await ticks();
    expect(calls[1]!.questions).toEqual([2]);
    time.now = 20;
    const next = gather(41); // those before it have waited too long
    for (const one of late) await expect(one).rejects.toMatchObject({ code: 'OVERLOADED' });
    calls[0]!.answer();
    await ticks();
    for (const call of calls.slice(1)) call.answer();
    expect(await Promise.all([first, other, next])).toEqual(['a1', 'a2', 'a41']);
  });

  it('refuses when too many wait', async () => {
    const { calls, gather } = given({ maxWaiting: 2 });
    const answers = [gather(0), gather(1)];
    await expect(gather(2)).rejects.toMatchObject({ code: 'OVERLOADED' });
    await ticks();
    calls[0]!.answer();
    await Promise.all(answers);
  });

  it('does not ask for those who have waited too long', async () => {
    const { calls, time, gather } = given({ maxInFlight: 1, waitMs: 10 });
    const first = gather(0);
    await ticks();
    const late = gather(1);
    time.now = 20;
    const fresh = gather(2);
    calls[0]!.answer();
    await expect(late).rejects.toMatchObject({ code: 'OVERLOADED' });
    await ticks();
    calls[1]!.answer();
    expect(await Promise.all([first, fresh])).toEqual(['a0', 'a2']);
    expect(calls[1]!.questions).toEqual([2]);
  });

  it('tells those who have waited too long while the call before theirs is still under way', async () => {
    const { calls, time, gather } = given({ maxInFlight: 1, waitMs: 10 });
    const first = gather(0);
    await ticks();
    const late = gather(1);
    time.now = 20;
    await expect(late).rejects.toMatchObject({ code: 'OVERLOADED' });
    calls[0]!.answer();
    expect(await first).toBe('a0');
  });

  it('tells all of a call that failed, and goes on', async () => {
    const { calls, gather } = given();
    const lost = Promise.allSettled([gather(0), gather(1)]);
    await ticks();
    calls[0]!.fail(new Error('gone'));
    expect((await lost).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const next = gather(2);
    await ticks();
    calls[1]!.answer();
    expect(await next).toBe('a2');
  });

  it('takes a wrong number of answers for none', async () => {
    const gather = createGather<number, string>({
      maxBatch: 10,
      maxInFlight: 1,
      maxWaiting: 10,
      waitMs: 10,
      monotonic: () => 0,
      ask: async () => ['one'],
    });
    const settled = await Promise.allSettled([gather(0), gather(1)]);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
