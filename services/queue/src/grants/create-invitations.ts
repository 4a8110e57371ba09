import type { Invitations } from '@onsale/contracts/queue';
import { insertAudit } from '@onsale/shared/audit';
import type { Member } from '@onsale/shared/auth';
import { inTransaction, type Database } from '@onsale/shared/db';
import { notFound } from '@onsale/shared/errors';
import { malformed } from '@onsale/shared/http';
import { STANDARD_LANE } from '../places/place.ts';
import { laneNames } from '../queues/lanes.ts';
import { findQueue } from '../queues/queue-store.ts';
import { hashOfCode, newCode } from './invitation-code.ts';
import { insertInvitations } from './invitation-store.ts';

interface Wanted {
  readonly member: Pick<Member, 'id'>;
  readonly queueId: string;
  readonly lane: string;
  readonly count: number;
}

/**
 * Makes codes, each for one place of one member in a lane. They are shown this once: only their hashes are kept, and only their number is audited.
 * @throws Refusal NOT_FOUND; VALIDATION_FAILED for a lane that the queue does not have, or that needs no invitation
 */
export const createInvitations =
  ({ db }: { db: Database }) =>
  async ({ member, queueId, lane, count }: Wanted): Promise<Invitations> => {
    const codes = Array.from({ length: count }, newCode);
    await inTransaction(db, async (trx) => {
      const queue = await findQueue(trx, queueId);
      if (queue === undefined) throw notFound('queue');
      if (lane === STANDARD_LANE || !laneNames(queue).includes(lane))
        throw malformed('The queue has no such lane to invite to.', [
          { pointer: '/body/lane', detail: 'must be a lane of the queue that takes a grant' },
        ]);
      await insertInvitations(trx, { queueId, lane, codes: codes.map(hashOfCode) });
      await insertAudit(trx, { actor: member.id, action: 'queue.invite', subject: queueId, after: { lane, count } });
    });
    return { lane, codes };
  };
