import type { TokenCheck, TokenCheckResult } from '@onsale/contracts/queue';
import { within } from '@onsale/shared/deadline';
import type { Definitions } from '@onsale/shared/definitions';
import type { Clock } from '@onsale/shared/ids';
import type { Log } from '@onsale/shared/log';
import type { QueueDefinition, QueueSettings } from '../queues/queue.ts';
import { UNSURE } from './find-lost.ts';
import type { Look } from './look-at-places.ts';
import { isVoid } from './place.ts';
import { scoreOf } from './score.ts';
import { tellStanding, type Moment } from './tell-standing.ts';

interface Deps {
  readonly definitions: Definitions<QueueDefinition>;
  readonly show: Look;
  /** By which a waiter of a queue that cannot be read is told when to ask again. */
  readonly defaults: QueueSettings;
  readonly clock: Clock;
  /** From [0, 1): spreads the times at which waiters ask again. */
  readonly random: () => number;
  readonly log: Log;
}

/** Beyond it a queue that this replica has not read yet counts as unreadable: within the gateway's deadline for a check (1 s). */
const DEFINITION_MS = 500;

/**
 * Where the holders of genuine tokens stand, in the order of the request. `INVALID`: a queue that is not there, an epoch that is over, or a wait longer
 * than a token's life, which its number tells (`issuedAt`). With the database away, a queue that this replica has not read yet is unclear for its own
 * tokens alone: they are told to ask again.
 * @throws Refusal as `Look`
 */
export const checkTokens = ({ definitions, show, defaults, clock, random, log }: Deps) => {
  const moment = (): Moment => ({ nowMs: clock.now().getTime(), random: random() });

  const read = async (queueId: string): Promise<QueueDefinition | undefined | 'UNREADABLE'> => {
    try {
      return await within(DEFINITION_MS, definitions.get(queueId));
    } catch (error) {
      log.debug({ err: error, queueId }, 'the queue of a token cannot be read');
      return 'UNREADABLE';
    }
  };

  const check = async ({ queueId, epoch, number, lane, member }: TokenCheck): Promise<TokenCheckResult> => {
    const queue = await read(queueId);
    if (queue === 'UNREADABLE') return tellStanding(defaults, UNSURE.standing, undefined, moment());
    if (queue === undefined || queue.epoch !== epoch || isVoid(queue, number)) return { status: 'INVALID' };
    const { standing, pace } = await show(queue, { number, member, lane, score: scoreOf(queue, { number, member }) });
    return tellStanding(queue, standing, pace, moment());
  };

  return async (tokens: readonly TokenCheck[]): Promise<TokenCheckResult[]> => Promise.all(tokens.map(check));
};
