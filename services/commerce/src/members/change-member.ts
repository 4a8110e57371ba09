import type { Member, Role } from '@onsale/contracts/commerce';
import { insertAudit } from '@onsale/shared/audit';
import { inTransaction, type Database } from '@onsale/shared/db';
import { notFound, Refusal } from '@onsale/shared/errors';
import type { SessionAnnouncer } from '../sessions/session-announcer.ts';
import { endSessionsOf } from '../sessions/session-store.ts';
import { lockMember, updateMember } from './member-store.ts';

interface Deps {
  readonly db: Database;
  readonly announcer: SessionAnnouncer;
}

export interface ChangeOfMember {
  /** Who changes it. */
  readonly operatorId: string;
  readonly id: string;
  readonly patch: { readonly role?: Role | undefined; readonly lanes?: string[] | undefined };
}

const grantsOf = ({ role, lanes = [] }: Member) => ({ role, lanes });

/**
 * An operator changes a member's role or lanes, audited in the same transaction. With another role all sessions of the member end at once, so that no
 * token tells of the old one; lanes hold from the next sign-in or refresh, 10 minutes at the latest. Nobody takes their own role away: an operator
 * always stays. @throws Refusal NOT_FOUND, FORBIDDEN
 */
export const changeMember =
  ({ db, announcer }: Deps) =>
  async ({ operatorId, id, patch }: ChangeOfMember): Promise<Member> => {
    const { member, ended } = await inTransaction(db, async (trx) => {
      const old = await lockMember(trx, id);
      if (old === undefined) throw notFound('member');
      const changed: Member = { ...old, role: patch.role ?? old.role, ...(patch.lanes !== undefined && { lanes: patch.lanes }) };
      if (id === operatorId && changed.role !== old.role) throw new Refusal('FORBIDDEN', 'Another operator has to take your role away.');
      await updateMember(trx, changed);
      const [before, after] = [grantsOf(old), grantsOf(changed)];
      await insertAudit(trx, { actor: operatorId, action: 'member.change', subject: id, before, after });
      return { member: changed, ended: changed.role === old.role ? [] : await endSessionsOf(trx, { memberId: id, by: 'ROLE_CHANGE' }) };
    });
    await announcer.announceAll(ended);
    const { lanes = [], ...rest } = member;
    return lanes.length === 0 ? rest : member;
  };
