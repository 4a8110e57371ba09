import { createHash } from 'node:crypto';

/** What an `Idempotency-Key` belongs to, and the request that it stands for. */
export interface KeyScope {
  readonly memberId: string;
  readonly method: string;
  /** The concrete path, without its query. */
  readonly path: string;
  readonly key: string;
  /** SHA-256 of query and body. */
  readonly requestHash: Buffer;
}

const MEMBER_BYTES = 8;

const sha256 = (...parts: string[]): Buffer => createHash('sha256').update(JSON.stringify(parts)).digest();

/** The row of a key: 8 bytes that all keys of a member begin with, so that they can be erased with the account, and 24 that are the key's own. */
export const scopeBytes = ({ memberId, method, path, key }: KeyScope): Buffer =>
  Buffer.concat([sha256(memberId).subarray(0, MEMBER_BYTES), sha256(memberId, method, path, key).subarray(MEMBER_BYTES)]);

/** The lowest and the highest row that a key of the member can have. */
export const scopesOfMember = (memberId: string): [Buffer, Buffer] => {
  const prefix = sha256(memberId).subarray(0, MEMBER_BYTES);
  return [Buffer.concat([prefix, Buffer.alloc(32 - MEMBER_BYTES, 0)]), Buffer.concat([prefix, Buffer.alloc(32 - MEMBER_BYTES, 0xff)])];
};
