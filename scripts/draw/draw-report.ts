import type { DrawVerdict } from './check-draw.ts';

const many = (count: number, what: string): string => `${count.toLocaleString('en')} ${what}`;

/** The verdict on a draw in plain lines. */
export const drawReport = (
  queueId: string,
  { seedHash, entries, admitted, late, returned, differences }: DrawVerdict & { seedHash: string },
): string => {
  const facts = [
    `Draw of ${queueId}, by the seed whose SHA-256 is ${seedHash}`,
    `  ${many(entries, 'entries')}; ${many(admitted, 'admitted so far')}, of them ${many(late, 'late, since they were away when their turn came')}`,
    ...(returned > 0 ? [`  ${many(returned, 'came back after the list was closed, to a line that had been lost')}`] : []),
  ];
  if (differences.length === 0)
    return [
      ...facts,
      '✔ The draw holds: the seed is the one of then, every score is its own, and those who were present came in in this order.',
    ].join('\n');
  const found = differences.map(
    ({ what, count, numbers }) =>
      `  ✖ ${what}${numbers.length > 0 ? `: ${count} (${numbers.join(', ')}${count > numbers.length ? ', ...' : ''})` : ''}`,
  );
  return [...facts, ...found, '✖ The draw does not hold.'].join('\n');
};
