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

/** One in so many is played in a run of everything, and one of every suite at least: all of them take many minutes. */
const SHARE = 16;

/** The cells that this run plays: all, or a share of them that its seed (which may be negative) draws. */
export const drawn = <T>(cells: readonly T[]): readonly T[] => {
  if (process.env.ONSALE_TEST_CRASHES !== 'share') return cells;
  const count = Math.max(1, Math.floor(cells.length / SHARE));
  const first = ((jest.getSeed() % cells.length) + cells.length) % cells.length;
  return Array.from({ length: count }, (_, n) => cells[(first + Math.floor((n * cells.length) / count)) % cells.length]!);
};
