import { afterCommit, type Trx } from '@onsale/shared/db';
import type { Metrics } from '@onsale/shared/metrics';
import { endsCounter } from '../journal/ends-counter.ts';
import { endAdmission } from '../journal/journal-store.ts';

interface Deps {
  readonly wake: (queueId: string) => void;
  readonly metrics: Metrics;
}

/**
 * Ends the number that a purchase came by, in the caller's transaction: COMPLETED, unless it has ended already or was never admitted. After the commit a
 * tick tells Redis and gives the slot to the next; the row stays untold until Redis has answered, so a replay of the command has nothing to tell.
 */
export const spendToken = ({ wake, metrics }: Deps) => {
  const ends = endsCounter(metrics);
  return async (trx: Trx, { queueId, number }: { queueId: string; number: number }): Promise<void> => {
    if (!(await endAdmission(trx, { queueId, number, ending: 'COMPLETED' }))) return;
    afterCommit(trx, () => {
      ends.inc({ ending: 'COMPLETED' });
      wake(queueId);
    });
  };
};
