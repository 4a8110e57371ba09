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
 * That whoever is signed in also knows the password: a session that was left open is not enough. Wrong ones are counted with the failed sign-ins of the
 * account, so that a session is no way round that limit. Answers what the password was at that moment, for the change to hold it against.
 * @throws Refusal PASSWORD_WRONG, UNAUTHENTICATED; TooManySignIns; Overloaded
 */
export const confirmPassword =
  ({ db, passwords, limit }: Deps) =>
  async ({ memberId, password, pointer, signal }: ShownPassword): Promise<Credentials> => {
    const credentials = await findCredentialsOf(db, memberId);
    if (credentials === undefined) throw new Refusal('UNAUTHENTICATED', 'The member of this session is no more.');
    const { email, passwordHash } = credentials;
    await limit.count(email);
    const isRight = await passwords.isRight(password, passwordHash, signal).catch(async (error: unknown) => {
      await limit.giveBack(email);
      throw error;
    });
    if (!isRight) throw passwordWrong(pointer);
    await limit.forget(email);
    return credentials;
  };

export type ConfirmPassword = ReturnType<typeof confirmPassword>;
