import { Refusal } from '../errors/index.ts';
import type { Clock } from '../ids/index.ts';
import { createLocalJWKSet, decodeJwt, errors, importJWK, jwtVerify, SignJWT, type JSONWebKeySet, type JWK, type JWTPayload } from 'jose';

export interface Access {
  readonly memberId: string;
  readonly role: 'member' | 'operator';
  readonly sessionId: string;
  /** Of waiting rooms, beside the standard one; absent where there are none. */
  readonly lanes?: readonly string[];
}

const ISSUER = 'onsale';
const AUDIENCE = 'onsale-api';

/** The public half of a key set, as it may be published. */
export const publicKeys = (keys: JSONWebKeySet): JSONWebKeySet => ({
  keys: keys.keys.map(({ d: _private, ...shown }) => shown),
});

/** Signs access tokens (EdDSA) with the first key of the set; the others are only verified (rotation). */
export const createAccessTokenSigner = ({ keys, clock, lifeSeconds }: { keys: JSONWebKeySet; clock: Clock; lifeSeconds: number }) => {
  const jwk = keys.keys[0];
  if (jwk === undefined) throw new Error('no key to sign access tokens with');
  const key = importJWK(jwk, 'EdDSA');
  return {
    lifeSeconds,
    sign: async ({ memberId, role, sessionId, lanes }: Access): Promise<string> => {
      const now = Math.floor(clock.now().getTime() / 1000);
      return new SignJWT({ role, sid: sessionId, ...(lanes && { lanes }) })
        .setProtectedHeader({ alg: 'EdDSA', ...(jwk.kid === undefined ? {} : { kid: jwk.kid }), typ: 'at+jwt' })
        .setSubject(memberId)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setIssuedAt(now)
        .setExpirationTime(now + lifeSeconds)
        .sign(await key);
    },
  };
};

export type AccessTokenSigner = ReturnType<typeof createAccessTokenSigner>;

export interface VerifiedAccess extends Access {
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Whose tokens are taken, and how they name a member. */
export interface TokenRules {
  readonly issuer: string;
  readonly audience: string;
  /** No other is looked at, whatever a token says of itself. */
  readonly algorithms: readonly string[];
  /** The `typ` that tells these tokens from others of the same keys. */
  readonly typ?: string;
  readonly requiredClaims: readonly string[];
  /** How far the clocks of issuer and verifier may differ. */
  readonly toleranceSeconds?: number;
  /** Reads claims whose signature has been checked. @throws Refusal UNAUTHENTICATED when they name no member */
  readonly accessOf: (claims: JWTPayload) => Access;
}

/** The tokens that `createAccessTokenSigner` makes. */
const OURS: TokenRules = {
  issuer: ISSUER,
  audience: AUDIENCE,
  algorithms: ['EdDSA'],
  typ: 'at+jwt',
  requiredClaims: ['sub', 'exp', 'sid', 'role'],
  accessOf: (claims) => {
    const { sub, role, sid, lanes } = claims as { sub: string; role: Access['role']; sid: string; lanes?: readonly string[] };
    return { memberId: sub, role, sessionId: sid, ...(lanes && { lanes }) };
  },
};

/** Whose an access token of ours says that it is, and of which session; nothing of it is verified. `undefined` where it cannot be read. */
export const claimedAccess = (token: string): Pick<Access, 'memberId' | 'sessionId'> | undefined => {
  try {
    const { sub, sid } = decodeJwt(token);
    return typeof sub === 'string' && typeof sid === 'string' ? { memberId: sub, sessionId: sid } : undefined;
  } catch {
    return undefined;
  }
};

interface VerifierOptions {
  /** Asks the owner of the keys for their public halves. */
  readonly fetchKeys: () => Promise<JSONWebKeySet>;
  readonly clock: Clock;
  /** Left out, our own tokens are taken. */
  readonly rules?: TokenRules;
  /** Shortest time between two fetches, so that tokens with invented key ids do not become requests. */
  readonly cooldownMs?: number;
}

const unauthenticated = (detail: string, cause?: unknown): Refusal => new Refusal('UNAUTHENTICATED', detail, { cause });

/**
 * Verifies access tokens against keys that are fetched when first needed and when a token names an unknown one (at most every
 * `cooldownMs`); the last keys known are kept while their owner is away.
 */
export const createAccessTokenVerifier = ({ fetchKeys, clock, rules = OURS, cooldownMs = 5000 }: VerifierOptions) => {
  let known: JSONWebKeySet = { keys: [] };
  let find = createLocalJWKSet(known);
  let askedAt = -Infinity;
  let fetching: Promise<void> | undefined;

  const refresh = async (): Promise<void> => {
    if (fetching === undefined && clock.now().getTime() - askedAt < cooldownMs && known.keys.length > 0) return;
    if (fetching === undefined) {
      askedAt = clock.now().getTime(); // failures cool down too, while there are keys to go on with
      fetching = fetchKeys()
        .then((keys) => {
          known = keys;
          find = createLocalJWKSet(keys);
        })
        .finally(() => {
          fetching = undefined;
        });
    }
    await fetching;
  };

  const verifyOnce = (token: string) =>
    jwtVerify(token, find, {
      issuer: rules.issuer,
      audience: rules.audience,
      algorithms: [...rules.algorithms],
      ...(rules.typ === undefined ? {} : { typ: rules.typ }),
      requiredClaims: ['exp', ...rules.requiredClaims],
      clockTolerance: rules.toleranceSeconds ?? 0,
      currentDate: clock.now(),
    });

  return {
    /** The keys as last fetched; fetches them when there are none yet. */
    keys: async (): Promise<JSONWebKeySet> => {
      if (known.keys.length === 0) await refresh();
      return known;
    },
    /** Fetches the keys again, `cooldownMs` after the last time at the earliest: so that a key which was withdrawn is forgotten. */
    refresh,
    /** @throws Refusal UNAUTHENTICATED; whatever `fetchKeys` throws when no key has ever been had */
    verify: async (token: string): Promise<VerifiedAccess> => {
      if (known.keys.length === 0) await refresh();
      try {
        const { payload } = await verifyOnce(token).catch(async (error: unknown) => {
          if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
          await refresh().catch(() => undefined);
          return verifyOnce(token);
        });
        return { ...rules.accessOf(payload), expiresAt: payload.exp! * 1000 };
      } catch (error) {
        if (error instanceof errors.JWTExpired) throw unauthenticated('The access token has expired.', error);
        if (error instanceof errors.JOSEError) throw unauthenticated('The access token is not one of ours.', error);
        throw error;
      }
    },
  };
};

export type AccessTokenVerifier = ReturnType<typeof createAccessTokenVerifier>;
export type { JSONWebKeySet, JWK, JWTPayload };
