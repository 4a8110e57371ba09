import * as contract from '@onsale/contracts/commerce';
import { publicKeys, REFRESH_TOKEN_HEADER, type JSONWebKeySet } from '@onsale/shared/auth';
import { created, implement, malformed, noContent, ok } from '@onsale/shared/http';
import type { changePassword } from '../passwords/change-password.ts';
import type { OwnSessions } from './own-sessions.ts';
import type { refreshSession } from './refresh-session.ts';
import type { signIn } from './sign-in.ts';
import type { signOut } from './sign-out.ts';

interface Sessions {
  readonly signIn: ReturnType<typeof signIn>;
  readonly refreshSession: ReturnType<typeof refreshSession>;
  readonly signOut: ReturnType<typeof signOut>;
  readonly ownSessions: OwnSessions;
  readonly changePassword: ReturnType<typeof changePassword>;
  /** With their private halves. */
  readonly accessKeys: JSONWebKeySet;
}

/** Tells the gateway where the client wants the tokens. */
const carried = (
  session: contract.TokenSession,
  transport: contract.Transport | undefined,
): contract.TokenSession | contract.CarriedSession => (transport === 'cookie' ? { ...session, transport } : session);

/** The doors to sessions, and to the keys by which the gateway knows their access tokens. */
export const sessionRoutes = ({ signIn, refreshSession, signOut, ownSessions, changePassword, accessKeys }: Sessions) => {
  const published = contract.Jwks.parse(publicKeys(accessKeys));
  return [
    implement(contract.signIn, async ({ body: { transport, ...given }, signal }) =>
      created(carried(await signIn({ ...given, signal }), transport)),
    ),
    implement(contract.refreshSession, async ({ body, header }) => {
      if (body !== undefined) return created(await refreshSession(body.refreshToken));
      const refreshToken = header(REFRESH_TOKEN_HEADER);
      if (refreshToken === undefined)
        throw malformed('There is no refresh token, neither in the body nor in a cookie.', [
          { pointer: '/body/refreshToken', detail: 'is required' },
        ]);
      return created(carried(await refreshSession(refreshToken), 'cookie'));
    }),
    implement(contract.signOut, async ({ member }) => {
      await signOut(member);
      return noContent();
    }),
    implement(contract.listMySessions, async ({ member, query }) => ok(await ownSessions.list(member, query))),
    implement(contract.endMyOtherSessions, async ({ member }) => {
      await ownSessions.endOthers(member);
      return noContent();
    }),
    implement(contract.endMySession, async ({ member, params }) => {
      await ownSessions.end(member, params.id);
      return noContent();
    }),
    implement(contract.changePassword, async ({ member, body, signal }) => {
      await changePassword({ member, ...body, signal });
      return noContent();
    }),
    implement(contract.accessTokenKeys, async () => ok(published)),
  ];
};
