import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RouteSpec } from '@onsale/contracts';
import { passHeaders } from '../upstream/relay.ts';

/** Said of our own answers, which are data; pages say for themselves what they may load. */
const OF_OUR_ANSWERS = ['content-security-policy', 'cross-origin-resource-policy', 'referrer-policy'];

/** By which caches that others read are told apart from browsers, and before `Cache-Control`: Surrogate-Control, CDN-Cache-Control (RFC 9213) and nginx's. */
const OF_SHARED_CACHES = /^(?:surrogate-control|(?:[\w-]+-)?cdn-cache-control|x-accel-expires)$/;

/** What was answered to a member is not for a cache that others read, whatever the service says of it. */
const cacheControlOf = ({ auth }: RouteSpec, said: string | undefined): string => {
  if (said === undefined) return 'no-store';
  return auth === 'none' || /(?:^|[\s,])(?:private|no-store)(?=$|[\s,])/i.test(said) ? said : 'no-store';
};

/** Passes on whatever a foreign service answers, pages and redirects too. */
export const relayForeign = (spec: RouteSpec, answer: IncomingMessage, res: ServerResponse): void => {
  for (const name of OF_OUR_ANSWERS) res.removeHeader(name);
  passHeaders(answer, res);
  if (spec.auth !== 'none') for (const name of res.getHeaderNames()) if (OF_SHARED_CACHES.test(name)) res.removeHeader(name);
  res.setHeader('cache-control', cacheControlOf(spec, answer.headers['cache-control']));
  res.writeHead(answer.statusCode ?? 502);
  answer.pipe(res);
};
