import type { Member } from '@onsale/shared/auth';
import { inTransaction, type Database } from '@onsale/shared/db';
import { Refusal } from '@onsale/shared/errors';
import type { Clock, NewId } from '@onsale/shared/ids';
import type { SagaRunner } from '@onsale/shared/saga';
import { lockIfPassword } from '../members/member-store.ts';
import { passwordWrong, type ConfirmPassword } from '../passwords/confirm-password.ts';
import type { AccountDeletion } from './deletion-saga.ts';
import { findLastOf, insertDeletion } from './deletion-store.ts';
import { hasOrderUnderWay } from './member-orders.ts';

interface Deps {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly confirmPassword: ConfirmPassword;
  readonly sagas: Pick<SagaRunner, 'start'>;
  readonly deletion: AccountDeletion;
}

interface RequestDeletion {
  readonly member: Pick<Member, 'id'>;
  readonly password: string;
  readonly giveUpBalance: boolean;
  readonly signal: AbortSignal;
}

const POINTER = '/body/password';

/**
 * Begins the deletion of an account for whoever knows its password, or finds the one under way, if it is the same wish; answers its id. The saga asks the other services whether anything of it is
 * under way there; what is under way here is refused at once. An operator is first made a plain member by another one, so that one always stays.
 * @throws Refusal PASSWORD_WRONG, FORBIDDEN, ACCOUNT_IN_USE; TooManySignIns; Overloaded
 */
export const requestDeletion =
  ({ db, clock, newId, confirmPassword, sagas, deletion }: Deps) =>
  async ({ member, password, giveUpBalance, signal }: RequestDeletion): Promise<string> => {
    const memberId = member.id;
    const credentials = await confirmPassword({ memberId, password, pointer: POINTER, signal });
    return inTransaction(db, async (trx) => {
      const found = await lockIfPassword(trx, credentials); // two requests at once come one after the other
      if (found === undefined) throw passwordWrong(POINTER);
      if (found.role === 'operator') throw new Refusal('FORBIDDEN', 'Another operator has to take your role away first.');
      const last = await findLastOf(trx, memberId);
      if (last?.status === 'UNDER_WAY') {
        if (last.giveUpBalance === giveUpBalance) return last.id;
        throw new Refusal('ACCOUNT_IN_USE', 'A deletion with another `giveUpBalance` is under way. Wait for its end.', {
          retryAfterSeconds: 5,
        });
      }
      if (await hasOrderUnderWay(trx, memberId)) throw new Refusal('ACCOUNT_IN_USE', 'An order is under way.', { retryAfterSeconds: 5 });
      const id = newId();
      await insertDeletion(trx, { id, memberId, giveUpBalance, at: clock.now() });
      await sagas.start(trx, deletion, { id, state: { memberId, giveUpBalance } });
      return id;
    });
  };
