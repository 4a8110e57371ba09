import type { Member } from '@onsale/shared/auth';
import { inTransaction, type Database } from '@onsale/shared/db';
import { replacePassword } from '../members/member-store.ts';
import type { SessionAnnouncer } from '../sessions/session-announcer.ts';
import { endSessionsOf } from '../sessions/session-store.ts';
import { passwordWrong, type ConfirmPassword } from './confirm-password.ts';
import type { Passwords } from './passwords.ts';

interface Deps {
  readonly db: Database;
  readonly passwords: Passwords;
  readonly confirmPassword: ConfirmPassword;
  readonly announcer: SessionAnnouncer;
}

interface ChangePassword {
  readonly member: Pick<Member, 'id' | 'sessionId'>;
  readonly currentPassword: string;
  readonly newPassword: string;
  readonly signal?: AbortSignal;
}

const POINTER = '/body/currentPassword';

/**
 * Another password for whoever knows the present one. All other sessions end with the commit, and so does whatever signs in by the old password beside it: the
 * member's row lets one come first. Of two changes at once the second is told that its password is no longer the right one.
 * @throws Refusal PASSWORD_WRONG; TooManySignIns; Overloaded
 */
export const changePassword =
  ({ db, passwords, confirmPassword, announcer }: Deps) =>
  async ({ member, currentPassword, newPassword, signal }: ChangePassword): Promise<void> => {
    const waiting = signal === undefined ? {} : { signal };
    const credentials = await confirmPassword({ memberId: member.id, password: currentPassword, pointer: POINTER, ...waiting });
    const newHash = await passwords.hash(newPassword, signal);
    const ended = await inTransaction(db, async (trx) => {
      if (!(await replacePassword(trx, credentials, newHash))) throw passwordWrong(POINTER);
      return endSessionsOf(trx, { memberId: member.id, by: 'PASSWORD_CHANGE', keep: member.sessionId });
    });
    await announcer.announceAll(ended);
  };
