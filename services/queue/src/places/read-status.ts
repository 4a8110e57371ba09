import type { QueueStatus } from '@onsale/contracts/queue';
import { Refusal } from '@onsale/shared/errors';
import type { FindPlace, NamedPlace } from './find-place.ts';
import type { Look } from './look-at-places.ts';
import { STANDARD_LANE } from './place.ts';
import { tellStanding } from './tell-standing.ts';

interface Deps {
  readonly find: FindPlace;
  readonly show: Look;
  /** From [0, 1). */
  readonly random: () => number;
}

/**
 * Where a member stands. The gateway answers this itself out of gathered checks; this is the same for whoever comes through it.
 * @throws Refusal as `findPlace`; QUEUE_TOKEN_INVALID when the token has waited longer than its life
 */
export const readStatus =
  ({ find, show, random }: Deps) =>
  async (named: NamedPlace): Promise<QueueStatus> => {
    const { queue, place } = await find(named);
    const { standing, pace } = await show(queue, place);
    const { status, remainingMs: _forTheGateway, ...told } = tellStanding(queue, standing, pace, random());
    if (status === 'INVALID') throw new Refusal('QUEUE_TOKEN_INVALID', 'The queue token has waited longer than its life.');
    return { queueId: queue.id, number: place.number, lane: STANDARD_LANE, status, ...told };
  };
