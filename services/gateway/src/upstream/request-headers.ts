import type { IncomingHttpHeaders } from 'node:http';
import { INTERNAL_HEADERS, PRINCIPAL_HEADER } from '@onsale/shared/auth';

/** RFC 9110, 7.6.1: they belong to one connection. */
export const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Credentials that were met here, and claims about the client that nothing inside may believe. `expect` was met by Node; left in, it would
 * have the proxy pass over its own hooks.
 */
const ENDS_HERE = new Set(['authorization', 'cookie', 'queue-token', 'expect', 'forwarded', 'via', 'host', 'x-real-ip', 'traceparent']);

/** The names that `Connection` claims for this hop. */
export const connectionNames = (connection: string | undefined): Set<string> =>
  new Set((connection ?? '').split(',').map((name) => name.trim().toLowerCase()));

export interface Vouched {
  readonly principal: string;
  readonly requestId: string;
  readonly traceparent: string | undefined;
}

/**
 * The headers of the request that the owner gets: the client's, without what belongs to its connection or to the fleet, and then ours. What
 * `Connection` names is taken away first, so that a client cannot have ours dropped.
 */
export const upstreamHeaders = (given: IncomingHttpHeaders, { principal, requestId, traceparent }: Vouched): IncomingHttpHeaders => {
  const claimed = connectionNames(given.connection);
  const headers: IncomingHttpHeaders = {};
  for (const [name, value] of Object.entries(given)) {
    if (name === 'content-length' || name === 'content-type') headers[name] = value as string; // the message's own, whatever Connection says
    else if (HOP_BY_HOP.has(name) || ENDS_HERE.has(name) || claimed.has(name)) continue;
    else if (name.startsWith(INTERNAL_HEADERS) || name.startsWith('x-forwarded-')) continue;
    else headers[name] = value;
  }
  // its framing is made anew by the client of Node, which chunks when it is told to
  if (given['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked';
  headers[PRINCIPAL_HEADER] = principal;
  headers['x-request-id'] = requestId;
  if (traceparent !== undefined) headers.traceparent = traceparent;
  return headers;
};
