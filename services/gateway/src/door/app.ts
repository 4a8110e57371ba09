import { meaningOf, refusalOf, requestContext, requestIdOf, sendProblem } from '@onsale/shared/http';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { cors } from './cors.ts';
import { createDoor, type DoorOptions } from './door.ts';
import { edgeHeaders } from './edge-headers.ts';

interface AppOptions extends DoorOptions {
  readonly trustedProxies: readonly string[];
  readonly corsOrigins: readonly string[];
  readonly waitingRoom: RequestHandler;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Whatever was thrown becomes a problem. Only what nobody designed is logged as an error: an outage is told by its breaker, not by every request. */
const problems =
  ({ log }: { log: Log }): ErrorRequestHandler =>
  (error: unknown, req, res, _next) => {
    const refusal = refusalOf(error);
    if (refusal.code === 'INTERNAL') log.error({ err: refusal.cause ?? refusal }, 'request failed');
    else if (meaningOf(refusal.code).status >= 500) log.debug({ err: refusal.cause, code: refusal.code }, 'request refused');
    sendProblem(res, refusal, requestIdOf(req));
  };

/** Handlers one after another, as a router has them, without its matching of a path that none of them names. */
const inTurn =
  (handlers: readonly RequestHandler[]): RequestHandler =>
  (req, res, next) => {
    const failed = (error: unknown): void => next(error);
    const go = (at: number): void => {
      const handler = handlers[at];
      if (handler === undefined) return next();
      const done: unknown = handler(req, res, (error?: unknown) => (error === undefined ? go(at + 1) : failed(error)));
      if (done instanceof Promise) done.catch(failed);
    };
    go(0);
  };

/** The express app of the gateway: what holds for every answer, then the pages, then the door. */
export const createGatewayApp = (options: AppOptions): Express => {
  const { trustedProxies, corsOrigins, table } = options;
  const app = express();
  app.disable('x-powered-by').set('etag', false);
  app.set('trust proxy', trustedProxies.length === 0 ? false : [...trustedProxies]);
  app.use(inTurn([edgeHeaders, requestContext(options), cors({ origins: corsOrigins, table }), options.waitingRoom, createDoor(options)]));
  app.use(problems(options));
  return app;
};
