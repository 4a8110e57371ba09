import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RouteSpec } from '@onsale/contracts';
import { passHeaders } from '../upstream/relay.ts';

/** Said of our own answers, which are data; pages say for themselves what they may load. */
const OF_OUR_ANSWERS = ['content-security-policy', 'cross-origin-resource-policy', 'referrer-policy'];

/** What was answered to a member is not for a cache that others read, whatever the service says of it. */
const cacheControlOf = ({ auth }: RouteSpec, said: string | undefined): string => {
  if (said === undefined) return 'no-store';
  return auth === 'none' || /\b(?:private|no-store)\b/i.test(said) ? said : 'no-store';
};

/** Passes on whatever a foreign service answers, pages and redirects too. */
export const relayForeign = (spec: RouteSpec, answer: IncomingMessage, res: ServerResponse): void => {
  for (const name of OF_OUR_ANSWERS) res.removeHeader(name);
  passHeaders(answer, res);
  res.setHeader('cache-control', cacheControlOf(spec, answer.headers['cache-control']));
  res.writeHead(answer.statusCode ?? 502);
  answer.pipe(res);
};
