import { createHash, createHmac } from 'node:crypto';

/** Above every score of a draw, and below every other in a queue with one. */
export const BEHIND_THE_DRAW = 2 ** 48;

/**
 * Where the draw puts a member: the first 48 bits of HMAC-SHA256 (key: the seed's 32 bytes, message: the member hash as text), from 0 to 2^48 - 1. Lower
 * comes first. The same for every number of a member, so that asking again and again changes nothing.
 */
export const drawScore = (seed: Buffer, member: string): number => createHmac('sha256', seed).update(member).digest().readUIntBE(0, 6);

/** What is published of a seed from the start, in hexadecimal: whoever has it can tell later that the seed is the one of then. */
export const seedHash = (seed: Buffer): string => createHash('sha256').update(seed).digest('hex');

/** The draw of a queue. It knows its seed and does not show it: a definition may be logged or written down as it is. */
export interface Draw {
  readonly hash: string;
  readonly scoreOf: (member: string) => number;
}

export const drawBy = (seed: Buffer): Draw => ({ hash: seedHash(seed), scoreOf: (member) => drawScore(seed, member) });
