import type { Answered } from './caller.ts';

/** The names of our cookies, access, refresh and queue, where there is no HTTPS; behind the last stands the queue's id. */
export const PLAIN_NAMES = ['onsale-access', 'onsale-refresh', 'onsale-queue-'] as const;
/** The same where there is HTTPS. */
export const SECURE_NAMES = ['__Host-onsale-access', '__Secure-onsale-refresh', '__Host-onsale-queue-'] as const;

/** What commerce answers with when a session begins or is renewed. */
export const SESSION = {
  accessToken: 'new-access',
  refreshToken: 'new-refresh',
  tokenType: 'Bearer',
  expiresIn: 600,
  refreshExpiresIn: 3600,
};

/** The value of a `Cookie` header with all of these. */
export const cookie = (all: Record<string, string>): string =>
  Object.entries(all)
    .map(([name, value]) => `${name}=${value}`)
    .join('; ');

/** The cookies that an answer sets, whole. */
export const setCookies = ({ headers }: Answered): string[] => headers['set-cookie'] ?? [];
