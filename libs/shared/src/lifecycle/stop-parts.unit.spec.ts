import { describe, expect, it } from '@jest/globals';
import { setTimeout as rest } from 'node:timers/promises';
import { captureLog } from '../testing/index.ts';
import { loop, type Part } from './part.ts';
import { stopParts } from './stop-parts.ts';

const never = new Promise<void>(() => {});
const aPart = (name: string, stop: () => Promise<void>, more: Partial<Part> = {}): Part => ({ name, start: async () => {}, stop, ...more });

describe('the stop of parts', () => {
  it('keeps for a part what is reserved for it, however many before it do not stop', async () => {
    const { log, lines } = captureLog();
    const told: string[] = [];
    const needsTime = async (): Promise<void> => {
      await rest(20);
      told.push('stopped');
    };
    const parts = [
      aPart('stuck', () => never),
      aPart('stuck too', () => never),
      aPart('relay', needsTime, { reservedMs: 2000 }),
      aPart('broker', async () => void told.push('last')),
    ];
    await stopParts({ parts, totalMs: 2200, eachMs: 2200, log });
    expect(told).toEqual(['stopped', 'last']);
    expect(lines().map(({ part }) => part)).toEqual(['stuck', 'stuck too']);
  });

  it('tells loops to end before it waits for the first part', async () => {
    const told: string[] = [];
    const turn = (signal: AbortSignal): Promise<void> =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          told.push('loop told');
          resolve();
        }),
      );
    const sweeper = loop({ name: 'sweeper', everyMs: 60_000, turn, onError: () => {} });
    await sweeper.start();
    const consumer = aPart('consumer', async () => void told.push('consumer stopped'));
    await stopParts({ parts: [consumer, sweeper], totalMs: 5000, eachMs: 5000, log: captureLog().log });
    expect(told).toEqual(['loop told', 'consumer stopped']);
  });

  it('takes no more turns of a loop that was told to end', async () => {
    let turns = 0;
    const part = loop({ name: 'test', everyMs: 60_000, turn: async () => void turns++, onError: () => {} });
    await part.start();
    part.halt();
    part.wake();
    await part.stop();
    expect(turns).toBe(1);
  });
});
