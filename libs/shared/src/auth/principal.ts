import { createLocalJWKSet, importJWK, jwtVerify, SignJWT, type JSONWebKeySet, type JWK } from 'jose';
import { LRUCache } from 'lru-cache';
import { Refusal } from '../errors/index.ts';

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

interface Claims {
  readonly role?: Member['role'];
  readonly sid?: string;
  readonly lanes?: readonly string[];
  readonly adm?: Admission;
}

/** Signs principals; only the gateway holds the key. `issuer` differs for those that leave the fleet. */
export const createPrincipalSigner = ({ key: jwk, issuer = ISSUER }: { key: JWK; issuer?: string }) => {
  const key = importJWK(jwk, 'EdDSA');
  return {
    sign: async (principal: Principal): Promise<string> => {
      const claims: Claims =
        principal.kind === 'member'
          ? {
              role: principal.member.role,
              sid: principal.member.sessionId,
              ...(principal.member.lanes && { lanes: principal.member.lanes }),
              ...(principal.admission === undefined ? {} : { adm: principal.admission }),
            }
          : {};
      return new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'EdDSA', ...(jwk.kid === undefined ? {} : { kid: jwk.kid }) })
        .setSubject(principal.kind === 'member' ? principal.member.id : principal.kind)
        .setIssuer(issuer)
        .setIssuedAt()
        .setExpirationTime(`${PRINCIPAL_LIFE_SECONDS}s`)
        .sign(await key);
    },
  };
};

export type PrincipalSigner = ReturnType<typeof createPrincipalSigner>;

/** Verifies principals by the gateway's public keys (two during a rotation); verified ones are kept until they end. */
export const createPrincipalVerifier = ({ keys, cached = 5000 }: { keys: JSONWebKeySet; cached?: number }) => {
  const find = createLocalJWKSet(keys);
  const known = new LRUCache<string, Principal>({ max: cached });
  return {
    /** @throws Refusal UNAUTHENTICATED: the request did not come through the gateway */
    verify: async (jwt: string | undefined): Promise<Principal> => {
      const seen = jwt === undefined ? undefined : known.get(jwt);
      if (seen !== undefined) return seen;
      try {
        const { payload } = await jwtVerify<Claims>(jwt ?? '', find, {
          issuer: ISSUER,
          algorithms: ['EdDSA'],
          requiredClaims: ['sub', 'exp'],
          clockTolerance: 5,
        });
        const principal = read(payload.sub!, payload);
        const lifeMs = payload.exp! * 1000 - Date.now();
        if (lifeMs > 0) known.set(jwt!, principal, { ttl: lifeMs });
        return principal;
      } catch (error) {
        throw new Refusal('UNAUTHENTICATED', 'This service is reached through the gateway alone.', { cause: error });
      }
    },
  };
};

export type PrincipalVerifier = ReturnType<typeof createPrincipalVerifier>;

const read = (sub: string, { role, sid, lanes, adm }: Claims): Principal => {
  if ((sub === 'anonymous' || sub === 'gateway') && role === undefined) return { kind: sub }; // a member may be called so elsewhere
  if (role === undefined || sid === undefined) throw new Error('a member principal without role or session');
  return {
    kind: 'member',
    member: { id: sub, role, sessionId: sid, ...(lanes && { lanes }) },
    ...(adm === undefined ? {} : { admission: adm }),
  };
};
