import { existsSync, readFileSync } from 'node:fs';
import { jest } from '@jest/globals';

export interface Death {
  readonly point: string;
  readonly count: number;
  readonly pid: number;
}

/** What a process has written to its `ONSALE_CRASH_LOG`. */
export const deathsIn = (log: string): Death[] =>
  existsSync(log)
    ? readFileSync(log, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Death)
    : [];

/** All take minutes: a run of everything plays every eighth, others with another seed (which may be negative). */
const SHARE = 8; // the smallest suite has 8

export const drawn = <T>(cells: readonly T[]): readonly T[] =>
  process.env.ONSALE_TEST_CRASHES === 'share' ? cells.filter((_, n) => n % SHARE === ((jest.getSeed() % SHARE) + SHARE) % SHARE) : cells;
