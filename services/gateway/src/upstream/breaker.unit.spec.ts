import { createMetrics } from '@onsale/shared/metrics';
import { captureLog, eventually } from '@onsale/shared/testing';
import { describe, expect, it } from '@jest/globals';
import { createBreaker, isOpen } from './breaker.ts';

class Nothing extends Error {}

const build = ({ resetMs = 60_000, timeoutMs }: { resetMs?: number; timeoutMs?: number } = {}) => {
  const { log, lines } = captureLog();
  const breaker = createBreaker({
    name: 'it',
    resetMs,
    ...(timeoutMs !== undefined && { timeoutMs }),
    log,
    metrics: createMetrics({ service: 'test' }),
    provesNothing: (error) => error instanceof Nothing,
    action: (how: () => Promise<string>) => how(),
  });
  const halfOpen = () => eventually(() => expect(lines().some(({ msg }) => msg === 'breaker lets one try')).toBe(true));
  return { ...breaker, lines, halfOpen };
};

const fine = async (): Promise<string> => 'fine';
const fails = async (): Promise<string> => {
  throw new Error('fails');
};
const nothing = async (): Promise<string> => {
  throw new Nothing();
};
const times = async (count: number, fn: () => Promise<unknown>): Promise<void> => {
  for (let i = 0; i < count; i++) await fn().catch(() => undefined);
};
const refuses = (breaker: ReturnType<typeof build>): Promise<boolean> => breaker.fire(fine).then(() => false, isOpen);

describe('a breaker', () => {
  it('opens when more than half of at least twenty calls failed, and not before', async () => {
    const breaker = build();
    await times(19, () => breaker.fire(fails));
    expect(await refuses(breaker)).toBe(false);
    await times(1, () => breaker.fire(fails));
    expect(await refuses(breaker)).toBe(true);
    breaker.stop();
  });

  it('stays closed while half are answered', async () => {
    const breaker = build();
    for (let i = 0; i < 30; i++) await times(1, () => breaker.fire(fine)).then(() => times(1, () => breaker.fire(fails)));
    expect(await refuses(breaker)).toBe(false);
    breaker.stop();
  });

  it('counts what proves nothing neither way, and hands it to who asked', async () => {
    const breaker = build();
    await times(60, () => breaker.fire(nothing));
    expect(await refuses(breaker)).toBe(false);
    await expect(breaker.fire(nothing)).rejects.toBeInstanceOf(Nothing);
    await times(19, () => breaker.fire(fails));
    expect(await refuses(breaker)).toBe(true);
    breaker.stop();
  });

  it('counts a call that takes too long as failed', async () => {
    const breaker = build({ timeoutMs: 1 });
    await Promise.all(
      Array.from({ length: 20 }, () => expect(breaker.fire(() => new Promise(() => undefined))).rejects.toThrow(/within 1 ms/)),
    );
    expect(await refuses(breaker)).toBe(true);
    breaker.stop();
  });

  it('lets one try at a time, the next one when that proved nothing, and closes when one is answered', async () => {
    const breaker = build({ resetMs: 10 });
    await times(20, () => breaker.fire(fails));
    await breaker.halfOpen();
    const trial = Promise.withResolvers<string>();
    const tried = breaker.fire(() => trial.promise);
    expect(await refuses(breaker)).toBe(true);
    trial.reject(new Nothing());
    await expect(tried).rejects.toBeInstanceOf(Nothing);
    expect(await breaker.fire(fine)).toBe('fine');
    expect(breaker.lines().filter(({ msg }) => msg === 'breaker closed')).toHaveLength(1);
    breaker.stop();
  });

  it('opens again when the one that tried failed', async () => {
    const breaker = build({ resetMs: 10 });
    await times(20, () => breaker.fire(fails));
    await breaker.halfOpen();
    await expect(breaker.fire(fails)).rejects.toThrow('fails');
    expect(breaker.lines().filter(({ msg }) => msg === 'breaker opened')).toHaveLength(2);
    breaker.stop();
  });
});
