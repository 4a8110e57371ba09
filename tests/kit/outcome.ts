import type { Outcome } from '../../scripts/load/outcome.ts';

export { outcomeOf, type Outcome } from '../../scripts/load/outcome.ts';

/** How many ended how: `{ '201': 1, '409 SEAT_TAKEN': 99 }`. */
export const tally = (outcomes: readonly { readonly is: string }[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { is } of outcomes) counts[is] = (counts[is] ?? 0) + 1;
  return counts;
};

/** Asks again, as the problem says, while the answer is one of `codes`: a client that gives up on BUSY would prove nothing. */
export const askedAgain = async <B>(codes: readonly string[], ask: () => Promise<Outcome<B>>, tries = 40): Promise<Outcome<B>> => {
  for (let i = 1; ; i++) {
    const outcome = await ask();
    if (i === tries || outcome.code === undefined || !codes.includes(outcome.code)) return outcome;
    const seconds = Number(outcome.headers.get('retry-after') ?? 1);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000 * (0.5 + Math.random())));
  }
};
