import { createHash, randomBytes } from 'node:crypto';

/** 22 characters of base64url: 128 random bits, not to be guessed. */
export const newCode = (): string => randomBytes(16).toString('base64url');

/** What is kept of a code. */
export const hashOfCode = (code: string): Buffer => createHash('sha256').update(code).digest();
