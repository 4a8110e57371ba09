import type { TokenSession } from '@onsale/contracts/commerce';
import type { QueueTokenCodec } from '@onsale/shared/auth';
import { parseCookie, stringifySetCookie, type SetCookie } from 'cookie';

/** What a browser keeps for its member. */
export interface HeldCookies {
  readonly accessToken: string | undefined;
  readonly refreshToken: string | undefined;
  /** By queue. */
  readonly queueTokens: ReadonlyMap<string, string>;
}

interface CookiesOptions {
  /** Over HTTPS alone, as everywhere but in development: the prefixes of the names have the browser hold to it. */
  readonly secure: boolean;
  readonly codec: Pick<QueueTokenCodec, 'verify'>;
}

/** Where the refresh token is needed: signing in, refreshing, and renewing on the way to a page are below it. */
export const SESSIONS_PATH = '/api/v1/sessions';
/** Queues that a browser is in line for at once, most of all: 8 tokens of 200 bytes are a small part of the 16 KiB that headers may take. */
const MOST_QUEUES = 8;
/** Longer than any queue's tokens live (the contract of a queue's settings). */
const QUEUE_COOKIE_SECONDS = 604_800;
/** Visible ASCII, as all of ours are: commerce is handed a refresh token in a header, where anything else would break the call, and be held against commerce. */
const PLAIN = /^[\x21-\x7e]+$/;
const QUEUE_ID = /^[a-z0-9-]{1,40}$/;

/** `__Host-` holds a cookie to this host and the path `/`, `__Secure-` to HTTPS alone: it is what a narrower path leaves. */
const namesOf = (secure: boolean) => ({
  access: `${secure ? '__Host-' : ''}onsale-access`,
  refresh: `${secure ? '__Secure-' : ''}onsale-refresh`,
  queue: `${secure ? '__Host-' : ''}onsale-queue-`,
});

export const NO_COOKIES: HeldCookies = { accessToken: undefined, refreshToken: undefined, queueTokens: new Map() };

/** Names, attributes and number of the cookies that a browser's credentials are kept in. What it makes are `Set-Cookie` values. */
export const createCookies = ({ secure, codec }: CookiesOptions) => {
  const names = namesOf(secure);
  const set = (cookie: SetCookie): string => stringifySetCookie({ path: '/', httpOnly: true, sameSite: 'lax', secure, ...cookie });
  const forget = (cookie: Omit<SetCookie, 'value'>): string => set({ ...cookie, value: '', maxAge: 0 });
  const forgetQueue = (queueId: string): string => forget({ name: names.queue + queueId });
  const issuedAt = (token: string): number => codec.verify(token)?.issuedAt ?? 0;

  /** What has to go before one more may come: what was issued first. */
  const tooMany = (held: HeldCookies, coming: string): string[] =>
    [...held.queueTokens]
      .filter(([queueId]) => queueId !== coming)
      .toSorted(([, one], [, other]) => issuedAt(other) - issuedAt(one))
      .slice(MOST_QUEUES - 1)
      .map(([queueId]) => queueId);

  return {
    /** The fleet's own among the cookies of a request. */
    read: (header: string | undefined): HeldCookies => {
      if (header === undefined) return NO_COOKIES;
      const all = parseCookie(header);
      const queueTokens = new Map<string, string>();
      for (const [name, value] of Object.entries(all)) {
        const queueId = name.startsWith(names.queue) ? name.slice(names.queue.length) : '';
        if (value !== undefined && value !== '' && QUEUE_ID.test(queueId)) queueTokens.set(queueId, value);
      }
      const refreshToken = all[names.refresh] ?? '';
      return {
        accessToken: all[names.access] || undefined,
        refreshToken: PLAIN.test(refreshToken) ? refreshToken : undefined,
        queueTokens,
      };
    },

    /** A session begins or goes on; both cookies live as long as the refresh token, so that an access token that is over is known for one. */
    session: ({ accessToken, refreshToken, refreshExpiresIn }: TokenSession): string[] => [
      set({ name: names.access, value: accessToken, maxAge: refreshExpiresIn }),
      set({ name: names.refresh, value: refreshToken, maxAge: refreshExpiresIn, path: SESSIONS_PATH }),
    ],
    /** Takes the session's cookies away, and the places in line, which are of its member. */
    noSession: (held: HeldCookies): string[] => [
      forget({ name: names.access }),
      forget({ name: names.refresh, path: SESSIONS_PATH }),
      ...[...held.queueTokens.keys()].map(forgetQueue),
    ],
    /** A place in line, in the stead of the oldest where there are too many. */
    place: (queueId: string, token: string, held: HeldCookies): string[] => [
      ...tooMany(held, queueId).map(forgetQueue),
      set({ name: names.queue + queueId, value: token, maxAge: QUEUE_COOKIE_SECONDS }),
    ],
    noPlace: (queueId: string): string[] => [forgetQueue(queueId)],
    /** Another member may have been here before. */
    noPlaces: (held: HeldCookies): string[] => [...held.queueTokens.keys()].map(forgetQueue),
  };
};

export type Cookies = ReturnType<typeof createCookies>;
