import { createHash, randomBytes } from 'node:crypto';

/** A new refresh token: 256 random bits in base64url, 43 characters. It says nothing, and only its holder knows it. */
export const newRefreshToken = (): string => randomBytes(32).toString('base64url');

/** What is kept of a refresh token. SHA-256 without salt: nobody can guess 256 random bits. */
export const hashOf = (refreshToken: string): Buffer => createHash('sha256').update(refreshToken).digest();
