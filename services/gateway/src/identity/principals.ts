import type { Principal, PrincipalSigner } from '@onsale/shared/auth';
import { LRUCache } from 'lru-cache';

/** A principal lives 30 s, of which it is reused for 20. */
const REUSED_MS = 20_000;

interface PrincipalsOptions {
  readonly signer: PrincipalSigner;
  /** Milliseconds that never go back. */
  readonly monotonic: () => number;
  readonly cached?: number;
}

interface Signed {
  readonly jwt: Promise<string>;
  readonly until: number;
}

/** Everything that the principal says, so that no two that differ share one. */
const keyOf = (principal: Principal): string => {
  if (principal.kind !== 'member') return principal.kind;
  const { member, admission } = principal;
  return JSON.stringify([
    member.id,
    member.role,
    member.sessionId,
    member.lanes,
    admission?.queueId,
    admission?.number,
    admission?.lane,
    admission?.status,
  ]);
};

/** Signs who the gateway vouches for; the same one again within 20 s costs nothing. */
export const createPrincipals = ({ signer, monotonic, cached = 20_000 }: PrincipalsOptions) => {
  const signed = new LRUCache<string, Signed>({ max: cached });
  return (principal: Principal): Promise<string> => {
    const key = keyOf(principal);
    const known = signed.get(key);
    const now = monotonic();
    if (known !== undefined && known.until > now) return known.jwt;
    const jwt = signer.sign(principal);
    signed.set(key, { jwt, until: now + REUSED_MS });
    jwt.catch(() => signed.delete(key));
    return jwt;
  };
};

export type Principals = ReturnType<typeof createPrincipals>;
