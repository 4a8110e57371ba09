import { memberDeleted } from '@onsale/contracts/commerce';
import { afterCommit, type Trx } from '@onsale/shared/db';
import { eraseKeys } from '@onsale/shared/idempotency';
import { refused, type Refused } from '@onsale/shared/inbox';
import { eventOf, type Outbox } from '@onsale/shared/outbox';
import type { Ends, SagaView } from '@onsale/shared/saga';
import { deleteMember, lockMember } from '../members/member-store.ts';
import type { SessionAnnouncer } from '../sessions/session-announcer.ts';
import { endSessionsOf } from '../sessions/session-store.ts';
import type { DeletionState } from './deletion-state.ts';
import { endDeletion } from './deletion-store.ts';
import { deleteExportsOf } from './export-store.ts';
import { hasOrderUnderWay } from './member-orders.ts';

interface Deps {
  readonly outbox: Outbox;
  readonly ends: Ends;
  readonly announcer: SessionAnnouncer;
}

/**
 * The pivot of a deletion, in one transaction: name, address, password and exports are gone, what was answered under keys is, all sessions have ended, and the event to
 * all services is written. Who signs in, refreshes or changes the member beside it comes before, and is ended here, or finds nobody. Orders, coupons and the audit stay,
 * by an id that names nobody.
 */
export const eraseMember =
  ({ outbox, ends, announcer }: Deps) =>
  async (trx: Trx, { id, state }: SagaView<DeletionState>): Promise<Refused | void> => {
    const { memberId, giveUpBalance } = state;
    const member = await lockMember(trx, memberId);
    if (member?.role === 'operator') return refused('FORBIDDEN', 'An operator’s account is not deleted.');
    if (await hasOrderUnderWay(trx, memberId)) return refused('ACCOUNT_IN_USE', 'An order is under way.');
    const ended = await endSessionsOf(trx, { memberId, by: 'DELETION' });
    await deleteExportsOf(trx, memberId);
    await eraseKeys(trx, memberId);
    await deleteMember(trx, memberId);
    await endDeletion(trx, { id, status: 'DONE' });
    await outbox.add(trx, eventOf(memberDeleted, { subject: memberId, data: { memberId, deletionId: id, giveUpBalance } }));
    afterCommit(trx, async () => {
      ends.announce(id);
      await announcer.announceAll(ended);
    });
  };
