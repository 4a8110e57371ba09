import type { Trx } from './create-database.ts';
import { afterCommit, beforeCommit } from './in-transaction.ts';

interface TailOptions<T> {
  /** Writes all that was gathered in a transaction, as one of its last statements. What it throws rolls back. */
  readonly write: (trx: Trx, all: readonly T[]) => Promise<unknown>;
  /** Once it is committed. */
  readonly committed?: (all: readonly T[]) => unknown;
}

/**
 * What many parts of one transaction write of one kind is gathered, and written at once at its end: one statement for all of it, and locks that are had
 * for a moment, in an order that `write` chooses.
 * @throws Error when the transaction was not opened by `inTransaction`
 */
export const createTail = <T>({ write, committed }: TailOptions<T>) => {
  const gathered = new WeakMap<Trx, T[]>();

  const gatherIn = (trx: Trx): T[] => {
    const all: T[] = [];
    beforeCommit(trx, async () => {
      gathered.delete(trx); // whoever still adds begins a list that is written after this one
      await write(trx, all);
    });
    if (committed !== undefined) afterCommit(trx, () => committed(all));
    gathered.set(trx, all);
    return all;
  };

  return (trx: Trx, ...more: readonly T[]): void => void (gathered.get(trx) ?? gatherIn(trx)).push(...more);
};
