import { z } from 'zod';
import { gatheredRoute } from '../gathered.ts';
import { route } from '../route.ts';
import { Id } from '../shapes.ts';
import { MemberCoupon } from './coupons.ts';

/** Public keys of access tokens (RFC 7517); the gateway relays them at `/.well-known/jwks.json`. */
export const Jwks = z.object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.string() })) });
export type Jwks = z.infer<typeof Jwks>;

export const accessTokenKeys = route({
  owner: 'commerce',
  method: 'GET',
  path: '/internal/jwks',
  summary: 'The public keys of access tokens',
  auth: 'gateway',
  gate: 'none',
  answers: { 200: Jwks },
  problems: [],
});

export const issueCoupons = gatheredRoute({
  owner: 'commerce',
  path: '/internal/coupons/issues',
  summary: 'Coupons for many members at once, first come, first served',
  /** `id` is what theirs is to be called, and so tells a request that is asked again from another of the same member. */
  asked: z.strictObject({ couponId: Id, memberId: Id, id: Id }),
  given: z.object({ coupon: MemberCoupon }),
});
