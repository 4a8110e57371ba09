import { memberHash, type Member } from '@onsale/shared/auth';
import type { Database } from '@onsale/shared/db';
import { Refusal } from '@onsale/shared/errors';
import { malformed } from '@onsale/shared/http';
import type { Look } from '../places/look-at-places.ts';
import { STANDARD_LANE } from '../places/place.ts';
import { scoreOf } from '../places/score.ts';
import { laneNames } from '../queues/lanes.ts';
import type { QueueDefinition } from '../queues/queue.ts';
import { hashOfCode } from './invitation-code.ts';
import { claimInvitation, findInvitation, findUnsettledPlace, settleInvitation, type CodeOf, type Invitation } from './invitation-store.ts';

/** What a member asks for when it takes a number. */
export interface Wish {
  readonly member: Pick<Member, 'id' | 'lanes'>;
  readonly lane?: string | undefined;
  /** A code. */
  readonly invitation?: string | undefined;
}

/** In which lane a number is taken. `code`: by which invitation, to be settled with the place that it gave. */
export interface Grant {
  readonly lane: string;
  readonly code?: CodeOf;
}

const STANDARD: Grant = { lane: STANDARD_LANE };

const invalid = (detail: string): Refusal => new Refusal('INVITATION_INVALID', detail);
const used = (): Refusal => invalid('The invitation has been used.');

/**
 * Which lane a member may take a number in: the standard one, one of its own (the claim in its tokens), or that of an operator's invitation. A code is the
 * member's who shows it first, and gives that member one place; shown again it gives the same one, for as long as that has not ended.
 *
 * It is claimed before the place is taken and settled after it: a death between the two leaves a code that nobody else can use, and that its member is
 * as far as before. What the member had got by then is found again, in line or in the journal.
 * @throws Refusal VALIDATION_FAILED for a lane that the queue does not have, LANE_NOT_GRANTED, INVITATION_INVALID; whatever the database throws
 */
export const grantLane = ({ db, look }: { db: Database; look: Look }) => {
  /** The code gave a place before. The member has that one or none: whatever it takes now is not by the code. */
  const again = async (queue: QueueDefinition, { lane }: Invitation, owner: { number: number; member: string }): Promise<Grant> => {
    const { standing } = await look(queue, { ...owner, lane, score: scoreOf(queue, owner) }); // puts it back, where Redis has lost it
    if (standing.state === 'ENDED' || standing.state === 'OVER') throw used();
    return STANDARD;
  };

  const redeem = async (queue: QueueDefinition, invitation: Invitation, member: string): Promise<Grant> => {
    const { queueId, code, lane } = invitation;
    if (invitation.number !== undefined) return again(queue, invitation, { number: invitation.number, member });
    if (!laneNames(queue).includes(lane)) throw invalid('The lane of the invitation is closed.');
    if (invitation.member === undefined) {
      if (await claimInvitation(db, invitation, member)) return { lane, code: { queueId, code } };
      return byCode(queue, invitation, member); // somebody has claimed it at this moment
    }
    const number = await findUnsettledPlace(db, invitation);
    if (number === undefined) return { lane, code: { queueId, code } };
    await settleInvitation(db, invitation, number);
    return again(queue, invitation, { number, member });
  };

  const byCode = async (queue: QueueDefinition, named: CodeOf, member: string): Promise<Grant> => {
    const invitation = await findInvitation(db, named);
    if (invitation === undefined) throw invalid('There is no such invitation for this queue.');
    if (invitation.member !== undefined && invitation.member !== member) throw used();
    return redeem(queue, invitation, member);
  };

  const ofLane = (queue: QueueDefinition, lane: string, granted: readonly string[]): Grant => {
    if (!laneNames(queue).includes(lane))
      throw malformed('The queue has no such lane.', [{ pointer: '/body/lane', detail: 'must be a lane of the queue' }]);
    if (lane !== STANDARD_LANE && !granted.includes(lane))
      throw new Refusal('LANE_NOT_GRANTED', `You have no grant for the lane "${lane}".`);
    return { lane };
  };

  return {
    /** Before the place is taken. */
    claim: async (queue: QueueDefinition, { member, lane, invitation }: Wish): Promise<Grant> => {
      const { id, lanes: granted = [] } = member;
      if (invitation === undefined) return lane === undefined ? STANDARD : ofLane(queue, lane, granted);
      const named = { queueId: queue.id, code: hashOfCode(invitation) };
      const found = await findInvitation(db, named);
      if (found !== undefined && lane !== undefined && lane !== found.lane) throw invalid('The invitation is for another lane.');
      if (found !== undefined && found.member === undefined && granted.includes(found.lane)) return ofLane(queue, found.lane, granted); // the code is kept
      return byCode(queue, named, memberHash(id));
    },
    /**
     * After it was taken in the lane of the grant. False when it must not stay: the code had given another one, which ended at this moment. A member whom
     * the code did not help, as it was inside already, keeps it.
     */
    settle: async ({ lane, code }: Grant, place: { readonly number: number; readonly lane: string }): Promise<boolean> => {
      if (code === undefined || place.lane !== lane || (await settleInvitation(db, code, place.number))) return true;
      const invitation = await findInvitation(db, code);
      return invitation?.number === undefined || invitation.number === place.number;
    },
  };
};

export type GrantLane = ReturnType<typeof grantLane>;
