import { createAccessTokenVerifier, type JSONWebKeySet, type TokenRules, type VerifiedAccess } from '@onsale/shared/auth';
import { Refusal } from '@onsale/shared/errors';
import type { Clock } from '@onsale/shared/ids';
import { LRUCache } from 'lru-cache';

const BEARER = /^Bearer +([\w.~+/=-]+)$/i;
/** Longer than any token of ours; nothing longer is worth a signature check. */
const LONGEST = 2048;
/** Of others, who put groups and scopes into them. */
const LONGEST_FOREIGN = 8192;
/** Characters of all that are kept, which others make as long as they like. */
const CACHED_CHARACTERS = 50_000_000;

interface AuthenticationOptions {
  /** Asks commerce, or the team's own identity provider, for the public keys. */
  readonly fetchKeys: () => Promise<JSONWebKeySet>;
  /** Of that provider's tokens; left out, they are those of commerce. */
  readonly rules?: TokenRules | undefined;
  readonly clock: Clock;
  /** Verified tokens that are kept until they end. */
  readonly cached?: number;
}

/**
 * Who sends a request. A token is verified once and remembered until it ends, since a signature check costs more than the rest of a cached
 * answer; all are forgotten when the keys change, so that a withdrawn key takes its tokens with it.
 */
export const createAuthentication = ({ fetchKeys, rules, clock, cached = 50_000 }: AuthenticationOptions) => {
  const longest = rules === undefined ? LONGEST : LONGEST_FOREIGN;
  /** By the header as it came: what has been verified need not be taken apart again. */
  const verified = new LRUCache<string, VerifiedAccess>({
    max: cached,
    maxSize: CACHED_CHARACTERS,
    sizeCalculation: (_access, header) => header.length,
  });
  let printed = '';
  const verifier = createAccessTokenVerifier({
    clock,
    ...(rules === undefined ? {} : { rules }),
    fetchKeys: async () => {
      const keys = await fetchKeys();
      const print = JSON.stringify(keys);
      if (print !== printed) verified.clear();
      printed = print;
      return keys;
    },
  });

  return {
    /** The keys as last fetched. @throws what `fetchKeys` throws, when none has ever been had */
    keys: verifier.keys,
    refreshKeys: verifier.refresh,
    /** Whose header this is, when its token has been verified and lives; `undefined` says nothing of it. */
    known: (authorization: string): VerifiedAccess | undefined => {
      const access = verified.get(authorization);
      return access !== undefined && access.expiresAt > clock.now().getTime() ? access : undefined;
    },
    /** @throws Refusal UNAUTHENTICATED; UPSTREAM_UNAVAILABLE when no key has ever been had */
    authenticate: async (authorization: string | undefined): Promise<VerifiedAccess> => {
      if (authorization === undefined) throw new Refusal('UNAUTHENTICATED', 'Sign in first: this takes an access token.');
      const known = verified.get(authorization);
      if (known !== undefined) {
        if (known.expiresAt > clock.now().getTime()) return known;
        verified.delete(authorization);
        throw new Refusal('UNAUTHENTICATED', 'The access token has expired.');
      }
      const token = BEARER.exec(authorization)?.[1];
      if (token === undefined || token.length > longest)
        throw new Refusal('UNAUTHENTICATED', 'The Authorization header is not `Bearer <access token>`.');
      const access = await verifier.verify(token);
      verified.set(authorization, access);
      return access;
    },
  };
};

export type Authentication = ReturnType<typeof createAuthentication>;
