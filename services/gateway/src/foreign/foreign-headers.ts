import type { IncomingHttpHeaders } from 'node:http';
import { INTERNAL_HEADERS, type Principal } from '@onsale/shared/auth';
import { connectionNames, upstreamHeaders, type Vouched } from '../upstream/request-headers.ts';

/** By which some servers take another path than the one that was asked for, and was checked. */
const OTHER_PATHS = new Set(['x-original-url', 'x-original-uri', 'x-rewrite-url', 'x-rewrite-uri']);

interface ForeignHeaders {
  readonly vouched: Vouched;
  readonly principal: Principal;
  readonly client: { readonly address: string | undefined; readonly protocol: string; readonly host: string | undefined };
  /** Credentials that the service asks for itself. */
  readonly pass: readonly ('authorization' | 'cookie')[];
}

/** The same as the signed principal says, for a service that nobody but the gateway can reach. */
const named = (principal: Principal): IncomingHttpHeaders => {
  if (principal.kind !== 'member') return {};
  const { member, admission } = principal;
  return {
    [`${INTERNAL_HEADERS}member`]: member.id,
    [`${INTERNAL_HEADERS}role`]: member.role,
    ...(admission === undefined
      ? {}
      : {
          [`${INTERNAL_HEADERS}queue`]: admission.queueId,
          [`${INTERNAL_HEADERS}number`]: String(admission.number),
          [`${INTERNAL_HEADERS}lane`]: admission.lane,
        }),
  };
};

/**
 * Servers of the CGI family cannot tell `x_onsale_member` from `x-onsale-member`, some neither `x.onsale.member`: of the client's come names of letters, digits
 * and hyphens alone.
 */
const isPlain = (name: string): boolean => /^[a-z\d-]+$/.test(name) && !OTHER_PATHS.has(name);

/** The gateway's own cookies are credentials for the fleet (identity/cookies.ts). */
const OUR_COOKIE = /^\s*(?:__Host-|__Secure-)?onsale-/i;

const withoutOurs = (cookie: string): string =>
  cookie
    .split(';')
    .filter((pair) => !OUR_COOKIE.test(pair))
    .join(';')
    .trim();

/** What the file has the service be handed on; nothing that `Connection` claims. */
const passedOn = (given: IncomingHttpHeaders, pass: ForeignHeaders['pass']): IncomingHttpHeaders => {
  const claimed = connectionNames(given.connection);
  const { authorization, cookie = '' } = given;
  const cookies = withoutOurs(cookie);
  return {
    ...(pass.includes('authorization') && authorization !== undefined && !claimed.has('authorization') ? { authorization } : {}),
    ...(pass.includes('cookie') && cookies !== '' && !claimed.has('cookie') ? { cookie: cookies } : {}),
  };
};

/** The headers of a request that leaves the fleet: as for a service of ours, then who it is in plain words, and where it came from. */
export const foreignHeaders = (given: IncomingHttpHeaders, { vouched, principal, client, pass }: ForeignHeaders): IncomingHttpHeaders => {
  const plain = Object.fromEntries(Object.entries(given).filter(([name]) => isPlain(name)));
  return {
    ...upstreamHeaders(plain, vouched),
    ...passedOn(given, pass),
    ...named(principal),
    'x-forwarded-proto': client.protocol,
    ...(client.address === undefined ? {} : { 'x-forwarded-for': client.address }),
    ...(client.host === undefined ? {} : { 'x-forwarded-host': client.host }),
  };
};
