import * as contract from '@onsale/contracts/commerce';
import { publicKeys, type JSONWebKeySet } from '@onsale/shared/auth';
import { created, implement, noContent, ok } from '@onsale/shared/http';
import type { refreshSession } from './refresh-session.ts';
import type { signIn } from './sign-in.ts';
import type { signOut } from './sign-out.ts';

interface Sessions {
  readonly signIn: ReturnType<typeof signIn>;
  readonly refreshSession: ReturnType<typeof refreshSession>;
  readonly signOut: ReturnType<typeof signOut>;
  /** With their private halves. */
  readonly accessKeys: JSONWebKeySet;
}

/** The doors to sessions, and to the keys by which the gateway knows their access tokens. */
export const sessionRoutes = ({ signIn, refreshSession, signOut, accessKeys }: Sessions) => {
  const published = contract.Jwks.parse(publicKeys(accessKeys));
  return [
    implement(contract.signIn, async ({ body, signal }) => created(await signIn({ ...body, signal }))),
    implement(contract.refreshSession, async ({ body }) => created(await refreshSession(body.refreshToken))),
    implement(contract.signOut, async ({ member }) => {
      await signOut(member);
      return noContent();
    }),
    implement(contract.accessTokenKeys, async () => ok(published)),
  ];
};
