import type { RouteSpec } from '@onsale/contracts';
import { CarriedSession, deleteMe, refreshSession, signIn, signOut } from '@onsale/contracts/commerce';
import { issueToken, leaveQueue, QueueToken } from '@onsale/contracts/queue';
import { assertSameSession } from './cookie-session.ts';
import type { Cookies } from './cookies.ts';
import type { Credentials } from './credentials.ts';

export interface ServiceAnswer {
  readonly status: number;
  /** `undefined` where there is none. */
  readonly body: unknown;
}

/** What a browser gets: the answer without its secrets, which are in the cookies. */
export type Reshaped = { readonly body: unknown; readonly setCookie: readonly string[] };
/** @throws Refusal where the answer is not to be had by this browser */
export type Reshape = (answer: ServiceAnswer) => Reshaped;

export interface Asked {
  readonly spec: RouteSpec;
  readonly params: Readonly<Record<string, string>>;
  readonly credentials: Credentials;
}

const isGood = ({ status }: ServiceAnswer): boolean => status >= 200 && status < 300;

/** The session of an answer that asks for cookies in its `transport`. */
const cookieSessionOf = (answer: ServiceAnswer): CarriedSession | undefined => {
  const read = isGood(answer) ? CarriedSession.safeParse(answer.body) : undefined;
  return read?.success === true ? read.data : undefined;
};

/**
 * How the answer of a route is changed for a browser; `undefined` for all that go through as they are. The cookies, and what may not be in the body
 * beside them, are decided here alone: services know of neither.
 */
export const createCookieAnswers = (cookies: Cookies) => {
  const session = (answer: ServiceAnswer, setCookie: (session: CarriedSession) => string[]): Reshaped => {
    const begun = cookieSessionOf(answer);
    if (begun === undefined) return { body: answer.body, setCookie: [] };
    const { accessToken: _access, refreshToken: _refresh, ...shown } = begun;
    return { body: shown, setCookie: setCookie(begun) };
  };

  return ({ spec, params, credentials }: Asked): Reshape | undefined => {
    const held = credentials.cookies;
    if (spec === signIn) return (answer) => session(answer, (begun) => [...cookies.noPlaces(held), ...cookies.session(begun)]);
    if (credentials.by === 'headers') return undefined;
    const queueId = params['queueId'] ?? '';
    switch (spec) {
      case refreshSession:
        return (answer) => {
          if (answer.status === 401) return { body: answer.body, setCookie: cookies.noSession(held) };
          return session(answer, (renewed) => {
            assertSameSession(held, renewed);
            return cookies.session(renewed);
          });
        };
      case signOut:
      case deleteMe:
        return (answer) => ({ body: answer.body, setCookie: answer.status === 204 ? cookies.noSession(held) : [] });
      case issueToken:
        return (answer) => {
          if (!isGood(answer)) return { body: answer.body, setCookie: [] };
          const { token, ...shown } = QueueToken.loose().parse(answer.body);
          return { body: shown, setCookie: cookies.place(queueId, token, held) };
        };
      case leaveQueue:
        return (answer) => ({ body: answer.body, setCookie: isGood(answer) ? cookies.noPlace(queueId) : [] });
      default:
        return undefined;
    }
  };
};

export type CookieAnswers = ReturnType<typeof createCookieAnswers>;
