import { generateKeyPairSync, type JsonWebKey, randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createOnce } from './home-secret.ts';

/** Files with the secrets of a fleet in development; which process gets which stands in fleet/environment.ts. */
export interface KeyFiles {
  /** JWK: the gateway signs principals with it. */
  principalPrivate: string;
  /** JWKS: every service verifies principals with it. */
  principalPublic: string;
  /** JWKS of private keys: commerce signs access tokens with the first. */
  accessPrivate: string;
  /** `[{kid, secret}]`: queue and gateway share them, the first signs. */
  queueTokenSecrets: string;
}

/**
 * The keys of a home, made when they are first asked for. Each kid begins with `dev-`, which production refuses. Files are readable by their owner alone.
 */
export function developmentKeys(homeFolder: string): KeyFiles {
  const folder = join(homeFolder, 'keys');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = (name: string, make: () => unknown) => {
    const path = join(folder, name);
    return { path, text: createOnce(path, () => JSON.stringify(make(), undefined, 2)) };
  };
  const principal = file('principal-private.json', () => signingKey('dev-principal-1'));
  const publicHalf = publicHalfOf(JSON.parse(principal.text) as JsonWebKey);
  return {
    principalPrivate: principal.path,
    principalPublic: file('principal-public.json', () => ({ keys: [publicHalf] })).path,
    accessPrivate: file('access-private.json', () => ({ keys: [signingKey('dev-access-1')] })).path,
    queueTokenSecrets: file('queue-token-secrets.json', () => [{ kid: 'dev-1', secret: randomBytes(32).toString('base64url') }]).path,
  };
}

function signingKey(kid: string): JsonWebKey {
  return { ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }), kid, alg: 'EdDSA', use: 'sig' };
}

function publicHalfOf({ d: _private, ...rest }: JsonWebKey): JsonWebKey {
  return rest;
}
