import type { Member, Role } from '@onsale/contracts/commerce';
import { insertAudit } from '@onsale/shared/audit';
import { inTransaction, isDuplicate, type Database } from '@onsale/shared/db';
import { Refusal } from '@onsale/shared/errors';
import type { Clock, NewId } from '@onsale/shared/ids';
import type { Passwords } from '../passwords/passwords.ts';
import { findMemberByEmail, insertMember } from './member-store.ts';

interface Deps {
  readonly db: Database;
  readonly passwords: Passwords;
  readonly clock: Clock;
  readonly newId: NewId;
}

export interface Registration {
  /** Lower case, as the contract's `Email` makes it. */
  readonly email: string;
  readonly name: string;
  readonly password: string;
  readonly role: Role;
  readonly signal?: AbortSignal;
}

export class EmailTaken extends Refusal {
  constructor() {
    super('EMAIL_TAKEN', 'A member with this email exists. Sign in, or use another one.');
  }
}

/**
 * Makes a member; an operator is audited. Of two with one email at once the unique key lets one through; the plain read before it only spares the hash.
 * @throws EmailTaken; Overloaded when too many passwords wait to be hashed
 */
export const registerMember =
  ({ db, passwords, clock, newId }: Deps) =>
  async ({ email, name, password, role, signal }: Registration): Promise<Member> => {
    if ((await findMemberByEmail(db, email)) !== undefined) throw new EmailTaken();
    const passwordHash = await passwords.hash(password, signal);
    const member: Member = { id: newId(), email, name, role, createdAt: clock.now().toISOString() };
    try {
      await inTransaction(db, async (trx) => {
        await insertMember(trx, member, passwordHash);
        // no member asks for it: operators are made at the terminal of a deployment
        if (role === 'operator')
          await insertAudit(trx, { actor: 'system', action: 'operator.create', subject: member.id, after: { role } });
      });
    } catch (error) {
      if (isDuplicate(error)) throw new EmailTaken();
      throw error;
    }
    return member;
  };
