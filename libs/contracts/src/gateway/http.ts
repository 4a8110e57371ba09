import { Jwks } from '../commerce/internal.ts';
import { route } from '../route.ts';

export const publicKeys = route({
  owner: 'gateway',
  method: 'GET',
  path: '/.well-known/jwks.json',
  summary: 'The public keys of access tokens',
  auth: 'none',
  gate: 'none',
  answers: { 200: Jwks },
  problems: [],
  cache: 'public, max-age=60',
});
