import { closeWallet, reopenWallet } from '@onsale/contracts/payment';
import { askNoHolds } from '@onsale/contracts/reservation';
import { saga } from '@onsale/shared/saga';
import type { DeletionState } from './deletion-state.ts';
import type { eraseMember } from './erase-member.ts';
import type { refuseDeletion } from './refuse-deletion.ts';

interface LocalSteps {
  readonly eraseMember: ReturnType<typeof eraseMember>;
  readonly refuseDeletion: ReturnType<typeof refuseDeletion>;
}

const theMember = ({ memberId }: DeletionState): string => memberId;

/**
 * How an account goes: nothing moves points any more, no seats are held, no order is under way; then the member is erased here, and everybody is told. No order and no
 * cancellation begins beside it (`closedAmong`). The wallet comes first: from then on no payment takes points, so one that the later steps do not see comes to nothing.
 */
export const accountDeletion = ({ eraseMember, refuseDeletion }: LocalSteps) =>
  saga<DeletionState>('account-deletion')({
    wallet: { send: closeWallet, subject: theMember, data: (state) => state, undo: reopenWallet },
    holds: { send: askNoHolds, subject: theMember, data: ({ memberId }) => ({ memberId }) },
    erase: { local: eraseMember, pivot: true },
  }).ends({ compensated: refuseDeletion });

export type AccountDeletion = ReturnType<typeof accountDeletion>;
