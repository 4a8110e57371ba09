import { readFileSync } from 'node:fs';
import type { JSONWebKeySet, JWK } from 'jose';
import { z } from 'zod';
import { ConfigError } from './read-config.ts';

const Jwk = z.looseObject({ kid: z.string().min(1), kty: z.string() });
const Jwks = z.object({ keys: z.array(Jwk).min(1) });
const Secrets = z.array(z.object({ kid: z.string().min(1), secret: z.string().min(32) })).min(1);

export type Mode = 'production' | 'development';

/** Development keys are made with ids that start so; production refuses them. */
export const DEVELOPMENT_KID = 'dev-';

const readKeys = <T>(schema: z.ZodType<T>, file: string, mode: Mode, kidsOf: (keys: T) => string[]): T => {
  let keys: T;
  try {
    keys = schema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError([code === undefined ? `${file} does not hold the keys it should` : `${file}: cannot be read (${code})`]);
  }
  const development = kidsOf(keys).filter((kid) => kid.startsWith(DEVELOPMENT_KID));
  if (mode === 'production' && development.length > 0)
    throw new ConfigError([`${file} holds development keys (${development.join(', ')}): production refuses them`]);
  return keys;
};

/** A JWKS (RFC 7517) from a file. @throws ConfigError when it is malformed, or holds development keys in production */
export const readJwks = (file: string, mode: Mode): JSONWebKeySet => readKeys(Jwks, file, mode, (set) => set.keys.map((key) => key.kid));

/** One JWK from a file. */
export const readJwk = (file: string, mode: Mode): JWK => readKeys(Jwk, file, mode, (key) => [key.kid]);

/** Shared secrets `[{kid, secret}]`; the first signs, all verify (rotation). */
export const readSecrets = (file: string, mode: Mode) => readKeys(Secrets, file, mode, (secrets) => secrets.map((secret) => secret.kid));
