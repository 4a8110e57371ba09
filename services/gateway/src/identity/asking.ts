import type { RouteSpec } from '@onsale/contracts';
import { changePassword, deleteMe, signIn, signUp } from '@onsale/contracts/commerce';
import type { VerifiedAccess } from '@onsale/shared/auth';
import type { Request } from 'express';
import type { Asking } from '../limits/limits.ts';
import { addressKey } from './client-address.ts';

/** Where passwords are tried or made, each for tens of milliseconds of a core: limited by address as well, and tighter. */
const WITH_PASSWORDS: ReadonlySet<RouteSpec> = new Set<RouteSpec>([signIn, signUp, changePassword, deleteMe]);

/** What a request counts for: its member, else its address; where passwords are tried, its address and that besides, whoever is signed in there. */
export const askingOf = (spec: RouteSpec, req: Pick<Request, 'ip'>, access: VerifiedAccess | undefined): Asking => {
  const isTry = WITH_PASSWORDS.has(spec);
  if (access !== undefined && !isTry) return { keys: [{ policy: 'member', key: access.memberId }], sessionId: access.sessionId };
  const key = addressKey(req.ip);
  const address = { policy: 'address', key } as const;
  return { keys: isTry ? [address, { policy: 'sign-in', key }] : [address], sessionId: access?.sessionId };
};
