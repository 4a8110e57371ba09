import { z } from 'zod';
import { route } from '../route.ts';

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
