import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import type { RouteTable } from './route-table.ts';

/** What a page's script may read beside the safelisted headers. */
const EXPOSED = 'ETag, Location, Retry-After, RateLimit, RateLimit-Policy, Idempotency-Replayed, X-Request-Id';
const ACCEPTED = 'Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, Prefer, Queue-Id, Queue-Token, Traceparent';
/** Seconds that a browser may keep the answer to its preflight. */
const PREFLIGHT_LIFE = '600';

interface CorsOptions {
  /** Exact, as browsers send them: `https://shop.example`. */
  readonly origins: readonly string[];
  readonly table: RouteTable;
}

/** Tells the browser whether the page that asks may read the answer; whether it may is answered. The first to set `Vary`. */
export const createOrigins = ({ origins }: Pick<CorsOptions, 'origins'>) => {
  const allowed = new Set(origins);
  return (req: IncomingMessage, res: ServerResponse): boolean => {
    if (allowed.size === 0) return false;
    res.setHeader('vary', 'origin');
    const origin = req.headers.origin;
    if (origin === undefined || !allowed.has(origin)) return false;
    res.setHeader('access-control-allow-origin', origin);
    res.setHeader('access-control-allow-credentials', 'true');
    res.setHeader('access-control-expose-headers', EXPOSED);
    return true;
  };
};

/** Lets pages of the listed origins call the API, by headers or with the browser's cookies. Others get no header at all. */
export const cors = ({ origins, table }: CorsOptions): RequestHandler => {
  const mayRead = createOrigins({ origins });
  return (req, res, next) => {
    if (!mayRead(req, res)) return next();
    if (req.method !== 'OPTIONS' || req.headers['access-control-request-method'] === undefined) return next();
    const match = table.match('OPTIONS', req.path);
    if (match.kind !== 'wrong-method') return next();
    res.setHeader('access-control-allow-methods', match.allow.join(', '));
    res.setHeader('access-control-allow-headers', ACCEPTED);
    res.setHeader('access-control-max-age', PREFLIGHT_LIFE);
    res.status(204).end();
  };
};
