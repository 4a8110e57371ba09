import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import type { JSONWebKeySet, JWK } from 'jose';

/** Longer than any of ours; nothing longer is worth a signature check. */
const MAX_LENGTH = 8192;
const SIGNATURE_BYTES = 64;

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const decoded = (part: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
};

/**
 * Signs claims as a JWT (EdDSA with Ed25519, RFC 8037), at once. Libraries have a thread of the pool do it, by which a signature of 24 microseconds
 * takes twice that, and wakes two threads. @throws Error when the key is no private Ed25519 key
 */
export const createClaimsSigner = ({ key: jwk }: { key: JWK }): ((claims: Readonly<Record<string, unknown>>) => string) => {
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('not an Ed25519 key');
  const header = encoded({ alg: 'EdDSA', ...(jwk.kid === undefined ? {} : { kid: jwk.kid }) });
  return (claims) => {
    const signed = `${header}.${encoded(claims)}`;
    return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`;
  };
};

const publicKeysOf = ({ keys }: JSONWebKeySet): Map<string | undefined, KeyObject> =>
  new Map(
    keys.filter(({ kty, crv }) => kty === 'OKP' && crv === 'Ed25519').map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: 'jwk' })]),
  );

/**
 * Reads the claims of a JWT that one of these keys has signed, at once; `undefined` for anything else. Only EdDSA is looked at, whatever the token
 * says of itself, and only with the key that it names. What the claims say is for the caller to judge, their time too.
 */
export const createClaimsReader = ({ keys }: { keys: JSONWebKeySet }) => {
  const keyOf = publicKeysOf(keys);
  /** Heads of tokens that were verified: nearly all have the same one, and only who holds a key can add to them. */
  const keyOfHead = new Map<string, KeyObject>();
  const keyIn = (head: string): KeyObject | undefined => {
    const header = decoded(head);
    return header === undefined || header['alg'] !== 'EdDSA' || 'crit' in header
      ? undefined
      : keyOf.get(header['kid'] as string | undefined);
  };
  return (jwt: string): Readonly<Record<string, unknown>> | undefined => {
    if (jwt.length > MAX_LENGTH) return undefined;
    const [head, body, signature, ...rest] = jwt.split('.');
    if (head === undefined || body === undefined || signature === undefined || rest.length > 0) return undefined;
    const key = keyOfHead.get(head) ?? keyIn(head);
    const bytes = Buffer.from(signature, 'base64url');
    if (key === undefined || bytes.length !== SIGNATURE_BYTES) return undefined;
    if (!verify(null, Buffer.from(`${head}.${body}`), key, bytes)) return undefined;
    keyOfHead.set(head, key);
    return decoded(body);
  };
};
