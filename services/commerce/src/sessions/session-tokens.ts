import type { Member, TokenSession } from '@onsale/contracts/commerce';
import type { AccessTokenSigner } from '@onsale/shared/auth';

interface Deps {
  readonly accessTokens: AccessTokenSigner;
  readonly refreshLifeSeconds: number;
}

export type SessionTokens = ReturnType<typeof createSessionTokens>;

/** Makes the answer of signing in and of refreshing, once the refresh token is in the database. */
export const createSessionTokens =
  ({ accessTokens, refreshLifeSeconds }: Deps) =>
  async ({ member, sessionId }: { member: Member; sessionId: string }, refreshToken: string): Promise<TokenSession> => ({
    accessToken: await accessTokens.sign({
      memberId: member.id,
      role: member.role,
      sessionId,
      ...(member.lanes && { lanes: member.lanes }),
    }),
    refreshToken,
    tokenType: 'Bearer',
    expiresIn: accessTokens.lifeSeconds,
    refreshExpiresIn: refreshLifeSeconds,
  });
