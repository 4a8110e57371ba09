import type { QueueDetail, QueueSettings as QueueSettingsView } from '@onsale/contracts/queue';
import type { Database } from '@onsale/shared/db';
import { notFound } from '@onsale/shared/errors';
import { countEnded } from '../journal/journal-records.ts';
import type { Line } from '../line/line.ts';
import { findQueue, listQueues } from './queue-store.ts';
import { settingsViewOf } from './queue-view.ts';
import type { QueueDefinition } from './queue.ts';
import type { ReadCounters } from './read-counters.ts';

interface Deps {
  readonly db: Database;
  readonly line: Pick<Line, 'figures'>;
  readonly readCounters: ReadCounters;
}

interface Page {
  readonly items: QueueSettingsView[];
  readonly nextCursor?: string;
}

const rounded = (perSecond: number): number => Math.round(perSecond * 1000) / 1000;

/**
 * Admissions a second that cap and window sustain when everybody stays to the end of the window: 6,000 for 5 minutes each are 20. A hint: whoever
 * leaves or completes earlier makes it more. `undefined` without a cap.
 */
export const sustainablePerSecond = ({ cap, windowSeconds, admitPerSecond }: QueueDefinition): number | undefined =>
  cap === undefined ? undefined : rounded(Math.min(cap / windowSeconds, admitPerSecond ?? Infinity));

/** What operators read of queues. @throws whatever an engine throws when it is away */
export const operatorReads = ({ db, line, readCounters }: Deps) => ({
  /** A page of queues with their settings, by id; the cursor is the last id shown. */
  list: async ({ limit, cursor }: { limit: number; cursor?: string | undefined }): Promise<Page> => {
    const found = await listQueues(db, { after: cursor ?? '', limit: limit + 1 });
    const shown = found.slice(0, limit);
    const counters = await readCounters(shown.map(({ id }) => id));
    return {
      items: shown.map((queue, i) => settingsViewOf(queue, counters[i]!)),
      ...(found.length > limit && { nextCursor: shown.at(-1)!.id }),
    };
  },

  /** One queue as it is at this moment: its settings, who is where in it, how it moves, and how places ended. @throws Refusal NOT_FOUND */
  read: async (queueId: string): Promise<QueueDetail> => {
    const queue = await findQueue(db, queueId);
    if (queue === undefined) throw notFound('queue');
    const [{ admitted, notSeen, lanes }, ended] = await Promise.all([line.figures(queueId), countEnded(db, queueId)]);
    const sum = (of: (lane: (typeof lanes)[number]) => number): number => lanes.reduce((total, lane) => total + of(lane), 0);
    const sustainable = sustainablePerSecond(queue);
    return {
      ...settingsViewOf(queue, { admitted, waiting: sum(({ waiting }) => waiting), lanes }),
      passedOver: sum(({ passedOver }) => passedOver),
      notSeen,
      admissionsPerSecond: rounded(sum(({ admissionsPerSecond }) => admissionsPerSecond)),
      byLane: lanes.map((lane) => ({ ...lane, admissionsPerSecond: rounded(lane.admissionsPerSecond) })),
      ended,
      ...(sustainable !== undefined && { sustainablePerSecond: sustainable }),
    };
  },
});
