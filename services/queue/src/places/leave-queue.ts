import { inTransaction, type Database } from '@onsale/shared/db';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import { endPlace } from '../journal/end-place.ts';
import { endsCounter } from '../journal/ends-counter.ts';
import type { Line } from '../line/line.ts';
import type { FindPlace, NamedPlace } from './find-place.ts';

interface Deps {
  readonly db: Database;
  readonly line: Line;
  readonly find: FindPlace;
  readonly wake: (queueId: string) => void;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Gives a place up, waiting or admitted; one that has ended stays as it ended. The end is in the journal before this resolves, so it holds whatever
 * Redis does; Redis is told at once, so that the member's next look says so, or else by the next tick.
 * @throws Refusal as `findPlace`
 */
export const leaveQueue = ({ db, line, find, wake, log, metrics }: Deps) => {
  const ends = endsCounter(metrics);
  return async (named: NamedPlace): Promise<void> => {
    const { queue, place } = await find(named);
    const ended = await inTransaction(db, (trx) => endPlace(trx, { queueId: queue.id, ...place, ending: 'LEFT' }));
    if (!ended) return;
    ends.inc({ ending: 'LEFT' });
    await line
      .apply(queue.id, [{ ...place, ending: 'LEFT' }])
      .catch((error: unknown) => log.debug({ err: error, queueId: queue.id }, 'the next tick tells Redis who left'));
    wake(queue.id);
  };
};
