import { afterCommit, type Trx } from '@onsale/shared/db';
import type { Metrics } from '@onsale/shared/metrics';
import { endsCounter } from '../journal/ends-counter.ts';
import { endAdmission } from '../journal/journal-store.ts';
import { livePlaces } from './member-places.ts';

interface Deps {
  readonly wake: (queueId: string) => void;
  readonly metrics: Metrics;
}

/**
 * A member whose account is no more leaves wherever it is inside: its slots go to the next. Where it waits, its place is passed over, as nobody is seen there any more.
 * What is kept of it are hashes of an id that names nobody.
 */
export const leaveAll = ({ wake, metrics }: Deps) => {
  const ends = endsCounter(metrics);
  return async (trx: Trx, memberId: string): Promise<void> => {
    for (const { queueId, number } of await livePlaces(trx, memberId)) {
      if (!(await endAdmission(trx, { queueId, number, ending: 'LEFT' }))) continue;
      afterCommit(trx, () => {
        ends.inc({ ending: 'LEFT' });
        wake(queueId);
      });
    }
  };
};
