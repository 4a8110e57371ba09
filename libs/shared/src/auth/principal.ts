import type { JSONWebKeySet, JWK } from 'jose';
import { LRUCache } from 'lru-cache';
import { Refusal } from '../errors/index.ts';
import { createClaimsReader, createClaimsSigner } from './signed-claims.ts';

/** Carries the principal from the gateway to the services; the gateway strips it, and all its siblings, from what comes in. */
export const PRINCIPAL_HEADER = 'x-onsale-principal';

/** Every header of this prefix is the fleet's own. */
export const INTERNAL_HEADERS = 'x-onsale-';

/** Carries the refresh token of a browser's cookie to commerce, which spends it. */
export const REFRESH_TOKEN_HEADER = 'x-onsale-refresh-token';

/** Where in which line the caller stands, as the gateway has verified it. `status` is what the gate asked for or saw. */
export interface Admission {
  readonly queueId: string;
  readonly number: number;
  readonly lane: string;
  readonly status: string;
}

export interface Member {
  readonly id: string;
  readonly role: 'member' | 'operator';
  readonly sessionId: string;
  /** Lanes of waiting rooms that the member was granted, beside the standard one. */
  readonly lanes?: readonly string[];
}

export type Principal =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'gateway' }
  | { readonly kind: 'member'; readonly member: Member; readonly admission?: Admission };

/** 30 s: short enough that a leaked one is worth little, of which the gateway reuses 20. */
export const PRINCIPAL_LIFE_SECONDS = 30;
const ISSUER = 'onsale-gateway';
/** Of the principals that the gateway shows to foreign services: ours take none of them, so that they cannot be turned against the fleet. */
export const FOREIGN_PRINCIPAL_ISSUER = 'onsale-gateway-foreign';

/** How far the clocks of the gateway and a service may differ. */
const TOLERANCE_SECONDS = 5;

interface Claims {
  readonly iss: string;
  readonly sub: string;
  /** Seconds since 1970. */
  readonly iat: number;
  readonly exp: number;
  readonly role?: Member['role'];
  readonly sid?: string;
  readonly lanes?: readonly string[];
  readonly adm?: Admission;
}

/** Signs principals; only the gateway holds the key. `issuer` differs for those that leave the fleet. @throws Error when the key is no private Ed25519 key */
export const createPrincipalSigner = ({ key, issuer = ISSUER }: { key: JWK; issuer?: string }) => {
  const signed = createClaimsSigner({ key });
  return {
    sign: async (principal: Principal): Promise<string> => {
      const now = Math.floor(Date.now() / 1000);
      const claims: Claims = {
        iss: issuer,
        sub: principal.kind === 'member' ? principal.member.id : principal.kind,
        iat: now,
        exp: now + PRINCIPAL_LIFE_SECONDS,
        ...(principal.kind === 'member' && {
          role: principal.member.role,
          sid: principal.member.sessionId,
          ...(principal.member.lanes && { lanes: principal.member.lanes }),
          ...(principal.admission !== undefined && { adm: principal.admission }),
        }),
      };
      return signed({ ...claims });
    },
  };
};

export type PrincipalSigner = ReturnType<typeof createPrincipalSigner>;

/** @throws Error when they are not the gateway's, or no longer */
const judged = (claims: Readonly<Record<string, unknown>> | undefined): Claims => {
  if (claims === undefined) throw new Error('not signed by the gateway');
  const { iss, sub, exp } = claims;
  if (iss !== ISSUER || typeof sub !== 'string' || sub === '') throw new Error('not a principal');
  if (typeof exp !== 'number' || exp * 1000 <= Date.now() - TOLERANCE_SECONDS * 1000) throw new Error('the principal has expired');
  return claims as unknown as Claims;
};

/** As many as a gateway keeps for its 20 s: fewer, and a stampede of so many members would have each of their requests verified anew. */
const KEPT = 20_000;

/** Verifies principals by the gateway's public keys (two during a rotation); verified ones are kept until they end. */
export const createPrincipalVerifier = ({ keys, cached = KEPT }: { keys: JSONWebKeySet; cached?: number }) => {
  const claimsOf = createClaimsReader({ keys });
  const known = new LRUCache<string, Principal>({ max: cached });
  return {
    /** @throws Refusal UNAUTHENTICATED: the request did not come through the gateway */
    verify: async (jwt: string | undefined): Promise<Principal> => {
      const seen = jwt === undefined ? undefined : known.get(jwt);
      if (seen !== undefined) return seen;
      try {
        const claims = judged(claimsOf(jwt ?? ''));
        const principal = read(claims);
        const lifeMs = claims.exp * 1000 - Date.now();
        if (lifeMs > 0) known.set(jwt!, principal, { ttl: lifeMs });
        return principal;
      } catch (error) {
        throw new Refusal('UNAUTHENTICATED', 'This service is reached through the gateway alone.', { cause: error });
      }
    },
  };
};

export type PrincipalVerifier = ReturnType<typeof createPrincipalVerifier>;

const read = ({ sub, role, sid, lanes, adm }: Claims): Principal => {
  if ((sub === 'anonymous' || sub === 'gateway') && role === undefined) return { kind: sub }; // a member may be called so elsewhere
  if (role === undefined || sid === undefined) throw new Error('a member principal without role or session');
  return {
    kind: 'member',
    member: { id: sub, role, sessionId: sid, ...(lanes && { lanes }) },
    ...(adm === undefined ? {} : { admission: adm }),
  };
};
