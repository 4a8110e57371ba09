import type { JournalRow } from './test-room.ts';

/** The most admitted at once, ever: every admission and end of the journal, in order; an end frees its slot for an admission of the same moment. */
export const mostLive = (rows: readonly Pick<JournalRow, 'admitted_at' | 'ended_at'>[]): number => {
  const steps = rows.flatMap(({ admitted_at, ended_at }) =>
    admitted_at === null ? [] : [{ at: admitted_at.getTime(), by: 1 }, ...(ended_at === null ? [] : [{ at: ended_at.getTime(), by: -1 }])],
  );
  steps.sort((a, b) => a.at - b.at || a.by - b.by);
  let live = 0;
  return Math.max(0, ...steps.map(({ by }) => (live += by)));
};

/** Numbers of the admitted, in the order of their turns. */
export const inOrderOfTurn = (rows: readonly JournalRow[]): number[] =>
  rows
    .filter(({ turn }) => turn !== null)
    .sort((a, b) => a.turn! - b.turn!)
    .map(({ number }) => number);

export const live = (rows: readonly JournalRow[]): JournalRow[] => rows.filter(({ ended_at }) => ended_at === null);
