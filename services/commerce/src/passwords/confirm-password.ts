import type { Database } from '@onsale/shared/db';
import { Refusal } from '@onsale/shared/errors';
import { findCredentialsOf, type Credentials } from '../members/member-store.ts';
import type { SignInLimit } from '../sessions/sign-in-limit.ts';
import type { Passwords } from './passwords.ts';

interface Deps {
  readonly db: Database;
  readonly passwords: Passwords;
  readonly limit: SignInLimit;
}

export interface ShownPassword {
  readonly memberId: string;
  readonly password: string;
  /** Where in the request it stands. */
  readonly pointer: string;
  readonly signal?: AbortSignal;
}

/** @throws Refusal PASSWORD_WRONG */
export const passwordWrong = (pointer: string): Refusal =>
  new Refusal('PASSWORD_WRONG', 'This is not your password.', { errors: [{ pointer, detail: 'is not the password of this account' }] });

/**
 * That whoever is signed in also knows the password: a session that was left open is not enough. Wrong ones are counted as failed sign-ins are, but apart
 * from those: whoever knows the email alone can fill that count, and is not to bar the member from changing the password, or from leaving. Answers what the password was at that moment, for the change to hold it against.
 * @throws Refusal PASSWORD_WRONG, UNAUTHENTICATED; TooManySignIns; Overloaded
 */
export const confirmPassword =
  ({ db, passwords, limit }: Deps) =>
  async ({ memberId, password, pointer, signal }: ShownPassword): Promise<Credentials> => {
    const credentials = await findCredentialsOf(db, memberId);
    if (credentials === undefined) throw new Refusal('UNAUTHENTICATED', 'The member of this session is no more.');
    const key = `member:${memberId}`; // no email
    await limit.count(key);
    const isRight = await passwords.isRight(password, credentials.passwordHash, signal).catch(async (error: unknown) => {
      await limit.giveBack(key);
      throw error;
    });
    if (!isRight) throw passwordWrong(pointer);
    await limit.forget(key);
    return credentials;
  };

export type ConfirmPassword = ReturnType<typeof confirmPassword>;
