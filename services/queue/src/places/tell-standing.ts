import type { QueueStatus } from '@onsale/contracts/queue';
import type { Pace } from '../line/line-views.ts';
import { shareOf } from '../queues/lanes.ts';
import type { QueueDefinition, QueueSettings } from '../queues/queue.ts';
import { admits } from '../queues/sale-state.ts';
import type { Standing } from './place.ts';
import { etaSeconds, pollAfterMs, pollBeforeOpeningMs } from './poll.ts';

/** What a member is told of its place; `remainingMs` is for the gateway, which may keep the answer so long at most. */
export interface Told extends Pick<QueueStatus, 'position' | 'etaSeconds' | 'pollAfterMs' | 'admittedUntil'> {
  readonly status: QueueStatus['status'] | 'INVALID';
  readonly remainingMs?: number;
  /** For the gateway too: whether it is admitted could not be asked. */
  readonly unsure?: true;
}

/** The moment of an answer. */
export interface Moment {
  readonly nowMs: number;
  /** From [0, 1): spreads the times at which waiters ask again. */
  readonly random: number;
}

type Queue = QueueSettings & Partial<Pick<QueueDefinition, 'state' | 'opening' | 'resting'>>;

/**
 * A standing in the words of the contract. A waiter whose position is not known (an engine is away) is told to ask again. Before the opening nobody is told a
 * position: the draw is secret. Nobody knows how long a pause takes, nor the rest of a line that was lost, which may begin anew: neither has an estimate, and
 * those near the head ask as often as before, so that they hear of its end.
 */
export const tellStanding = (queue: Queue, standing: Standing, pace: Pace | undefined, { nowMs, random }: Moment): Told => {
  switch (standing.state) {
    case 'WAITING': {
      if (queue.opening?.opened === false) {
        const untilMs = queue.opening.opensAt.getTime() - nowMs;
        return { status: 'PREQUEUE', pollAfterMs: pollBeforeOpeningMs(queue, { untilMs, waiting: pace?.waiting, random }) };
      }
      const { position } = standing;
      const eta =
        position === undefined || pace === undefined
          ? undefined
          : etaSeconds(queue, { rate: pace.rate, share: shareOf(queue, pace.lane) }, position);
      const moves = (queue.state === undefined || admits({ state: queue.state })) && queue.resting !== true;
      return {
        status: 'WAITING',
        ...(position !== undefined && { position }),
        ...(eta !== undefined && moves && { etaSeconds: eta }),
        pollAfterMs: pollAfterMs(queue, eta, random),
        ...(standing.unsure && { unsure: standing.unsure }),
      };
    }
    case 'ADMITTED':
      return {
        status: 'ADMITTED',
        admittedUntil: new Date(standing.untilMs).toISOString(),
        remainingMs: Math.floor(standing.remainingMs),
      };
    case 'ENDED':
      return { status: standing.ending };
    case 'OVER':
      return { status: 'INVALID' };
  }
};
