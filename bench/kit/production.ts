import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createQueueTokenCodec } from '@onsale/shared/auth';

const signingKey = (kid: string) => ({
  ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }),
  kid,
  alg: 'EdDSA',
  use: 'sig',
});

/** Settings of a fleet in production, with keys that production takes: those of development are refused there. */
export const productionKeys = (folder: string) => {
  const principal = signingKey('bench-principal');
  const access = { keys: [signingKey('bench-access')] };
  const secrets = [{ kid: 'bench', secret: randomBytes(32).toString('base64url') }];
  const file = (name: string, content: unknown): string => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(content), { mode: 0o600 });
    return path;
  };
  const { d: _private, ...shown } = principal;
  const queueTokens = { ONSALE_QUEUE_TOKEN_SECRETS_FILE: file('queue.json', secrets) };
  const publicKeys = file('public.json', { keys: [shown] });
  return {
    access,
    /** The file of those that principals are verified by. */
    publicKeys,
    codec: createQueueTokenCodec({ secrets }),
    settings: {
      all: { ONSALE_MODE: 'production', ONSALE_PRINCIPAL_PUBLIC_KEYS_FILE: publicKeys },
      gateway: { ...queueTokens, ONSALE_PRINCIPAL_PRIVATE_KEY_FILE: file('principal.json', principal) },
      queue: queueTokens,
      commerce: { ONSALE_ACCESS_PRIVATE_KEYS_FILE: file('access.json', access) },
    },
  };
};

/** Limits that are counted and never reached. */
export const WIDE = { ONSALE_LIMIT_MEMBER: '10000000', ONSALE_LIMIT_ADDRESS: '100000000', ONSALE_LIMIT_SIGN_IN: '10000000' };
