import { memberHash, type Admission, type Member } from '@onsale/shared/auth';
import type { Definitions } from '@onsale/shared/definitions';
import { notFound, Refusal } from '@onsale/shared/errors';
import type { QueueDefinition } from '../queues/queue.ts';
import { isVoid, type Place } from './place.ts';
import { scoreOf } from './score.ts';

/** A place as its owner names it: the queue of the path, and the token that the gateway has checked. */
export interface NamedPlace {
  readonly queueId: string;
  readonly member: Pick<Member, 'id'>;
  readonly admission: Pick<Admission, 'queueId' | 'number' | 'lane'>;
}

/** @throws Refusal QUEUE_WRONG for a token of another queue; NOT_FOUND when there is no such queue; QUEUE_TOKEN_INVALID for one whose epoch is over */
export const findPlace =
  ({ definitions }: { definitions: Definitions<QueueDefinition> }) =>
  async ({ queueId, member, admission }: NamedPlace): Promise<{ queue: QueueDefinition; place: Place }> => {
    if (admission.queueId !== queueId) throw new Refusal('QUEUE_WRONG', 'The queue token is for another queue.');
    const queue = await definitions.get(queueId);
    if (queue === undefined) throw notFound('queue');
    if (isVoid(queue, admission.number))
      throw new Refusal('QUEUE_TOKEN_INVALID', 'The epoch of the queue token is over. Take a new number.');
    const owner = { number: admission.number, member: memberHash(member.id) };
    return { queue, place: { ...owner, lane: admission.lane, score: scoreOf(queue, owner) } };
  };

export type FindPlace = ReturnType<typeof findPlace>;
