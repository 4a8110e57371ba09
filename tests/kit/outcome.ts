import { createInsist } from '../../scripts/load/insist.ts';
import type { Outcome } from '../../scripts/load/outcome.ts';

export { tally } from '@onsale/shared/testing';
export { outcomeOf, type Outcome } from '../../scripts/load/outcome.ts';

const insist = createInsist({ withinMs: 60_000, random: Math.random });

/**
 * What comes of a request in the end, as a client meets it who holds on: sent off for now (BUSY, OVERLOADED, TIMEOUT, ...) or cut off, it asks again,
 * with the same key when `attempt` has one. A client that gives up would prove nothing. @throws when no answer at all came within a minute
 */
export const insisted = async <B>(attempt: () => Promise<Outcome<B>>): Promise<Outcome<B>> => {
  const { last, attempts } = await insist(attempt);
  if (last === undefined) throw new Error(`no answer to ${attempts} attempts`);
  return last;
};
