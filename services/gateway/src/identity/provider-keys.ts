import type { JSONWebKeySet, JWK } from '@onsale/shared/auth';
import { z } from 'zod';
import type { ProviderAlgorithm } from './provider-tokens.ts';

interface ProviderKeysOptions {
  readonly url: URL;
  readonly algorithms: readonly ProviderAlgorithm[];
  readonly deadlineMs: number;
  /** Longest answer. */
  readonly maxBytes?: number;
  /** After a failure nobody is asked for so long. */
  readonly cooldownMs?: number;
  /** Milliseconds that never go back. */
  readonly monotonic: () => number;
}

/** Two during a rotation, a few of other uses. */
const MOST_KEYS = 100;
/** 256 KiB: that many keys with their certificates. */
const MAX_BYTES = 262_144;
/** 2048 bits in base64url: what RS256 asks for at least (RFC 7518, 3.3). */
const LEAST_MODULUS = 342;

const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(MOST_KEYS) });

const algorithmOf = ({ kty, crv, n }: JWK): ProviderAlgorithm | undefined => {
  if (kty === 'OKP' && crv === 'Ed25519') return 'EdDSA';
  if (kty === 'EC' && crv === 'P-256') return 'ES256';
  if (kty === 'RSA' && (n?.length ?? 0) >= LEAST_MODULUS) return 'RS256';
  return undefined;
};

/** The public half of a key that may sign; `undefined` for one of another use, kind or strength. */
const signingKeyOf = (key: JWK, algorithms: readonly ProviderAlgorithm[]): JWK | undefined => {
  const alg = algorithmOf(key);
  if (alg === undefined || !algorithms.includes(alg)) return undefined;
  if ((key.use ?? 'sig') !== 'sig' || (key.alg ?? alg) !== alg) return undefined;
  const { kty, kid, crv, x, y, n, e } = key;
  const shown = Object.entries({ kty, kid, crv, x, y, n, e }).filter(([, value]) => typeof value === 'string');
  return { ...(Object.fromEntries(shown) as unknown as JWK), alg, use: 'sig' };
};

const readAtMost = async (body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maxBytes) throw new Error(`the keys are longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
};

/**
 * Fetches the keys of a team's own identity provider: no redirect is followed, at most `maxBytes` are read, all of it within `deadlineMs`.
 * Of the keys, only those that may sign access tokens are kept. After a failure the next `cooldownMs` fail at once.
 * @throws Error whatever was wrong
 */
export const createProviderKeys = (options: ProviderKeysOptions) => {
  const { url, algorithms, deadlineMs, maxBytes = MAX_BYTES, cooldownMs = 1000, monotonic } = options;
  let failed: { readonly error: unknown; readonly until: number } | undefined;

  const fetchOnce = async (): Promise<JSONWebKeySet> => {
    const answer = await fetch(url, {
      redirect: 'error',
      headers: { accept: 'application/json' },
      signal: AbortSignal.timeout(deadlineMs),
    });
    if (answer.status !== 200 || answer.body === null) {
      await answer.body?.cancel();
      throw new Error(`the identity provider answered with ${answer.status}`);
    }
    const { keys } = KeySet.parse(JSON.parse(await readAtMost(answer.body, maxBytes)));
    const usable = (keys as JWK[]).flatMap((key) => signingKeyOf(key, algorithms) ?? []);
    if (usable.length === 0) throw new Error(`the identity provider has no key for ${algorithms.join(', ')}`);
    return { keys: usable };
  };

  return async (): Promise<JSONWebKeySet> => {
    if (failed !== undefined && monotonic() < failed.until) throw failed.error;
    try {
      const keys = await fetchOnce();
      failed = undefined;
      return keys;
    } catch (error) {
      failed = { error, until: monotonic() + cooldownMs };
      throw error;
    }
  };
};
