import { CallProblem } from '@onsale/contracts';

/** What a call was answered with, problems included: `201`, or `409 SEAT_TAKEN`. */
export const statusOf = (call: Promise<{ status: number | string | symbol }>): Promise<string> =>
  call.then(
    ({ status }) => String(status),
    (error: unknown) => {
      if (error instanceof CallProblem) return `${error.status} ${error.code}`;
      throw error;
    },
  );

/** How often each answer was given: `{ '201': 1, '409 SEAT_TAKEN': 99 }`. */
export const tally = (answers: readonly (string | { readonly is: string })[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const answer of answers) {
    const is = typeof answer === 'string' ? answer : answer.is;
    counts[is] = (counts[is] ?? 0) + 1;
  }
  return counts;
};
