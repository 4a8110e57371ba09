import { LaneName } from '@onsale/contracts';
import type { Access, JWTPayload, TokenRules } from '@onsale/shared/auth';
import { Refusal } from '@onsale/shared/errors';

/** What is taken from a team's own identity provider. Nothing symmetric: a public key must not be good for signing. */
export const PROVIDER_ALGORITHMS = ['EdDSA', 'ES256', 'RS256'] as const;
export type ProviderAlgorithm = (typeof PROVIDER_ALGORITHMS)[number];

export interface ProviderTokens {
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly ProviderAlgorithm[];
  /** Names of claims; `a.b` is looked up as it stands first, then as `b` within `a`. */
  readonly memberClaim: string;
  /** Without one nobody is an operator. */
  readonly roleClaim: string | undefined;
  /** What the role claim says of an operator, by itself or in a list. */
  readonly operatorRole: string;
  /** A list of the lanes that are a member's beside the standard one; without the claim there are none. */
  readonly lanesClaim: string | undefined;
}

/** Goes into headers and into the columns of the queue service (audit.actor). */
const MEMBER_ID = /^[\x21-\x7e]{1,128}$/;
/** Of the signer and of ours. */
const TOLERANCE_SECONDS = 5;

const own = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;

const claimOf = (claims: JWTPayload, name: string): unknown =>
  own(claims, name) ?? name.split('.').reduce<unknown>((value, step) => own(value, step), claims);

const memberIdOf = (value: unknown): string => {
  const id = Number.isSafeInteger(value) ? String(value) : value;
  if (typeof id === 'string' && MEMBER_ID.test(id)) return id;
  throw new Refusal('UNAUTHENTICATED', 'The access token names no member: 1 to 128 visible ASCII characters are understood.');
};

const isOperator = (value: unknown, role: string): boolean => value === role || (Array.isArray(value) && value.includes(role));

/** A queue has eight lanes at most; who has more of them is in many queues. */
const MOST_LANES = 32;

const lanesOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter((lane): lane is string => LaneName.safeParse(lane).success).slice(0, MOST_LANES);

/** The access tokens of an OpenID Connect provider (RFC 9068 or near it): RFC 7519 claims, and those that are named for member and role. */
export const providerTokens = (settings: ProviderTokens): TokenRules => {
  const { issuer, audience, algorithms, memberClaim, roleClaim, operatorRole, lanesClaim } = settings;
  return {
    issuer,
    audience,
    algorithms,
    requiredClaims: [],
    toleranceSeconds: TOLERANCE_SECONDS,
    accessOf: (claims): Access => {
      const memberId = memberIdOf(claimOf(claims, memberClaim));
      const role = roleClaim !== undefined && isOperator(claimOf(claims, roleClaim), operatorRole) ? 'operator' : 'member';
      const { sid } = claims;
      const sessionId = typeof sid === 'string' && sid.length <= 128 ? sid : memberId;
      const lanes = lanesClaim === undefined ? [] : lanesOf(claimOf(claims, lanesClaim));
      return { memberId, role, sessionId, ...(lanes.length > 0 && { lanes }) };
    },
  };
};
