import { generateKeyPairSync } from 'node:crypto';
import type { JWK } from '../auth/index.ts';

/** A private key to sign with, of its own for each call. */
export const newKey = (kid: string): JWK & { readonly kid: string } => ({
  ...(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as JWK),
  kid,
  alg: 'EdDSA',
});
