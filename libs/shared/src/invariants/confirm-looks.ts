import { setTimeout as rest } from 'node:timers/promises';
import { NAMED, type Finding } from './finding.ts';

/** A sentence about several stores, which no one statement can see in one moment. */
export interface Look {
  readonly invariant: string;
  readonly says: string;
  /** All that contradicts it now, each by a text that is the same in every look. */
  readonly find: () => AsyncIterable<string> | Promise<Iterable<string>>;
}

export interface ConfirmOptions {
  /** How long something may go on contradicting a sentence before it is a violation: longer than anything is under way between two stores. */
  readonly patienceMs: number;
  /** Before the second look; it doubles with each, up to a quarter of the patience. */
  readonly firstRestMs?: number;
}

const FIRST_REST_MS = 200;

const found = async (look: Look): Promise<Set<string>> => {
  const offenders = new Set<string>();
  for await (const offender of await look.find()) offenders.add(offender);
  return offenders;
};

/**
 * Looks at every sentence once, and again at those that something contradicts, until nothing is left that did so in every look, or until the patience
 * is over: what is under way between two stores arrives meanwhile, what is broken stays.
 */
export const confirmLooks = async (
  looks: readonly Look[],
  { patienceMs, firstRestMs = FIRST_REST_MS }: ConfirmOptions,
): Promise<Finding[]> => {
  const suspects = new Map<Look, Set<string>>();
  for (const look of looks) suspects.set(look, await found(look));
  const until = performance.now() + patienceMs;
  for (let restMs = firstRestMs; performance.now() < until; restMs = Math.min(patienceMs / 4, restMs * 2)) {
    const doubtful = looks.filter((look) => suspects.get(look)!.size > 0);
    if (doubtful.length === 0) break;
    await rest(Math.max(0, Math.min(restMs, until - performance.now())));
    for (const look of doubtful) suspects.set(look, suspects.get(look)!.intersection(await found(look)));
  }
  return looks.map((look) => {
    const offenders = [...suspects.get(look)!].toSorted();
    return { invariant: look.invariant, says: look.says, violations: offenders.length, offenders: offenders.slice(0, NAMED) };
  });
};
