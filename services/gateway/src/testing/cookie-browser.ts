import type { OutgoingHttpHeaders } from 'node:http';
import { cookie, SECURE_NAMES } from './cookies.ts';
import { startFleet, type Fleet, type SignedIn } from './fleet.ts';

const [ACCESS] = SECURE_NAMES;

/** A listed origin. */
export const SHOP = 'https://shop.example';

/**
 * What the specs of cookies share: a gateway with one listed origin, and a member whose browser holds the cookies (`start`, `stop`). With `begin`
 * all who hold a number are admitted.
 */
export const cookieBrowser = () => {
  /** What the tests share; `own` is the gateway's origin. */
  const now = {} as { fleet: Fleet; member: SignedIn; own: string };
  return {
    now,
    start: async (): Promise<void> => {
      now.fleet = await startFleet({ settings: (settings) => ({ ...settings, corsOrigins: [SHOP] }) });
      now.member = await now.fleet.signIn();
      now.own = `https://${new URL(now.fleet.url).host}`;
    },
    begin: (): void => now.fleet.queueSays(() => ({ status: 'ADMITTED', remainingMs: 60_000 })),
    stop: () => now.fleet?.stop(),
    /** The member's `Cookie` header, with more where it is given. */
    signedIn: (more: Record<string, string> = {}): string => cookie({ [ACCESS]: now.member.accessToken, ...more }),
    ask: (method: string, path: string, headers: OutgoingHttpHeaders, body?: object) =>
      now.fleet.call(method, `/api/v1${path}`, { headers, ...(body && { body }) }),
  };
};
