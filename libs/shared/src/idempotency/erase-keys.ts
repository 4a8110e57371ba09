import type { Trx } from '../db/index.ts';
import { scopesOfMember } from './key-scope.ts';

/** Forgets all keys of a member, with what was answered under them: for an account that is no more. Answers how many. */
export const eraseKeys = async (trx: Trx, memberId: string): Promise<number> =>
  trx('idempotency_keys').whereBetween('scope', scopesOfMember(memberId)).delete();
