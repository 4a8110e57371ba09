import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Refusal } from '@onsale/shared/errors';
import { NO_COOKIES, type Cookies, type HeldCookies } from './cookies.ts';

/** What a request brings to say who sends it, wherever it brings it. */
export interface Credentials {
  readonly by: 'headers' | 'cookies';
  /** As in the header of that name. */
  readonly authorization: string | undefined;
  /** Empty when headers are the credentials. */
  readonly cookies: HeldCookies;
  /**
   * The queue token: that of `Queue-Token`, else the cookie of the path's queue, else of the queue that `Queue-Id` names, else the only one.
   * @throws Refusal QUEUE_TOKEN_REQUIRED when there are several, and nothing says which
   */
  readonly queueToken: (params: Readonly<Record<string, string>>) => string | undefined;
  /** For routes that need none: that of `Queue-Token`, or the cookie that `Queue-Id` names. A browser sends the others whether they matter or not. */
  readonly namedQueueToken: () => string | undefined;
}

interface CredentialsOptions {
  readonly cookies: Pick<Cookies, 'read'>;
  /** Exact origins whose pages may act with the cookies, beside the gateway's own. */
  readonly origins: readonly string[];
  /** The gateway's own pages are met over HTTPS alone. */
  readonly secure: boolean;
}

const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

const queueTokenOf =
  (headers: IncomingHttpHeaders, { queueTokens }: HeldCookies) =>
  (params: Readonly<Record<string, string>>): string | undefined => {
    const header = single(headers['queue-token']);
    if (header !== undefined) return header;
    const named = params['queueId'] ?? single(headers['queue-id']);
    if (named !== undefined) return queueTokens.get(named);
    if (queueTokens.size > 1)
      throw new Refusal('QUEUE_TOKEN_REQUIRED', `You are in several lines: name one by Queue-Id (${[...queueTokens.keys()].join(', ')}).`);
    return [...queueTokens.values()][0];
  };

const namedQueueTokenOf =
  (headers: IncomingHttpHeaders, { queueTokens }: HeldCookies) =>
  (): string | undefined => {
    const named = single(headers['queue-id']);
    return single(headers['queue-token']) ?? (named === undefined ? undefined : queueTokens.get(named));
  };

/**
 * Reads the credentials of a request, of a WebSocket upgrade too. Headers win: where `Authorization` is sent, cookies are as if they were not.
 * A browser sends cookies whoever has it ask, so what comes with ours and acts (an unsafe method, an upgrade) has to come from
 * a page of our own origin or of a listed one.
 * @throws Refusal ORIGIN_NOT_ALLOWED
 */
export const createCredentials = ({ cookies, origins, secure }: CredentialsOptions) => {
  const listed = new Set(origins);
  const isOurs = (origin: string, host: string | undefined): boolean =>
    host !== undefined && (origin === `https://${host}` || (!secure && origin === `http://${host}`));

  const assertOrigin = ({ origin, host }: IncomingHttpHeaders): void => {
    const given = single(origin);
    if (given !== undefined && (listed.has(given) || isOurs(given.toLowerCase(), host?.toLowerCase()))) return;
    throw new Refusal(
      'ORIGIN_NOT_ALLOWED',
      'With cookies this is taken from pages of the shop alone, and the Origin header is not one of theirs.',
    );
  };

  return {
    /** @throws Refusal ORIGIN_NOT_ALLOWED */
    read: (request: Pick<IncomingMessage, 'method' | 'headers'>): Credentials => {
      const { headers } = request;
      const { authorization } = headers;
      const held = authorization === undefined ? cookies.read(headers.cookie) : NO_COOKIES;
      const [queueToken, namedQueueToken] = [queueTokenOf(headers, held), namedQueueTokenOf(headers, held)];
      if (held.accessToken === undefined && held.refreshToken === undefined && held.queueTokens.size === 0)
        return { by: 'headers', authorization, cookies: NO_COOKIES, queueToken, namedQueueToken };
      if (acts(request)) assertOrigin(headers);
      return {
        by: 'cookies',
        authorization: held.accessToken === undefined ? undefined : `Bearer ${held.accessToken}`,
        cookies: held,
        queueToken,
        namedQueueToken,
      };
    },
    /** For forms, which act without any cookie as well. @throws Refusal ORIGIN_NOT_ALLOWED */
    assertOrigin,
  };
};

export type CredentialsReader = ReturnType<typeof createCredentials>;

/** RFC 9110, 9.2.1. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Whether a request may change something, or opens a WebSocket, which no browser keeps other sites from. */
export const acts = ({ method = 'GET', headers }: Pick<IncomingMessage, 'method' | 'headers'>): boolean =>
  !SAFE.has(method) || headers.upgrade !== undefined;
