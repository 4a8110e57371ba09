import type { RouteSpec } from '@onsale/contracts';
import { tokenStatus } from '@onsale/contracts/queue';
import type { VerifiedAccess } from '@onsale/shared/auth';
import { Refusal } from '@onsale/shared/errors';
import type { Request, Response } from 'express';
import { askingOf } from '../identity/asking.ts';
import type { Authentication } from '../identity/authenticate.ts';
import type { Credentials, CredentialsReader } from '../identity/credentials.ts';
import { assertWithin, setLimitHeaders } from '../limits/limit-headers.ts';
import type { Limits } from '../limits/limits.ts';

/** Who looks at the page. `expired`: signed in, with an access token whose time is over. */
export type Visitor = { readonly credentials: Credentials } & (
  | { readonly kind: 'member'; readonly access: VerifiedAccess }
  | { readonly kind: 'stranger' | 'expired' | 'signed-out' }
);

interface VisitorsOptions {
  readonly credentials: Pick<CredentialsReader, 'read'>;
  readonly authentication: Pick<Authentication, 'authenticate'>;
  readonly limits: Limits;
}

/**
 * Tells who a visitor is, counted like the caller of any route; nobody is refused for being a stranger.
 * @throws Refusal RATE_LIMITED, ORIGIN_NOT_ALLOWED; UPSTREAM_UNAVAILABLE when no member can be told from a stranger
 */
export const createVisitors = ({ credentials: reader, authentication, limits }: VisitorsOptions) => {
  const accessOf = async ({ authorization }: Credentials): Promise<VerifiedAccess | undefined> => {
    try {
      return authorization === undefined ? undefined : await authentication.authenticate(authorization);
    } catch (error) {
      if (error instanceof Refusal && error.code === 'UNAUTHENTICATED') return undefined;
      throw error;
    }
  };

  return async (req: Request, res: Response, as: RouteSpec = tokenStatus): Promise<Visitor> => {
    const credentials = reader.read(req);
    const access = await accessOf(credentials);
    const { taken, ended } = await limits.take(askingOf(as, req, access));
    setLimitHeaders(res, taken);
    assertWithin(taken);
    if (access === undefined) return { kind: credentials.authorization === undefined ? 'stranger' : 'expired', credentials };
    return ended === true ? { kind: 'signed-out', credentials } : { kind: 'member', credentials, access };
  };
};

export type Visitors = ReturnType<typeof createVisitors>;
