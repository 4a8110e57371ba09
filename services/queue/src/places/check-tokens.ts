import type { TokenCheck, TokenCheckResult } from '@onsale/contracts/queue';
import type { Definitions } from '../queues/definitions.ts';
import type { Look } from './look-at-places.ts';
import { tellStanding } from './tell-standing.ts';

interface Deps {
  readonly definitions: Definitions;
  readonly show: Look;
  /** From [0, 1): spreads the times at which waiters ask again. */
  readonly random: () => number;
}

/**
 * Where the holders of genuine tokens stand, in the order of the request. `INVALID`: a queue that is not there, an epoch that is over, or a wait longer
 * than a token's life.
 */
export const checkTokens = ({ definitions, show, random }: Deps) => {
  const check = async ({ queueId, epoch, number, member }: TokenCheck): Promise<TokenCheckResult> => {
    const queue = await definitions.get(queueId);
    if (queue === undefined || queue.epoch !== epoch) return { status: 'INVALID' };
    const { standing, pace } = await show(queue, { number, member });
    return tellStanding(queue, standing, pace, random());
  };

  return async (tokens: readonly TokenCheck[]): Promise<TokenCheckResult[]> => Promise.all(tokens.map(check));
};
