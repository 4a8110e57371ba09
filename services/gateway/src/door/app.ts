import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createContext, meaningOf, refusalOf, requestIdOf, sendProblem } from '@onsale/shared/http';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { cors, createOrigins } from './cors.ts';
import { createDoor, type DoorOptions } from './door.ts';
import { edgeHeaders } from './edge-headers.ts';
import { createShortWay, type ShortWayOptions } from './short-way.ts';

interface AppOptions extends DoorOptions, Omit<ShortWayOptions, keyof DoorOptions> {
  readonly trustedProxies: readonly string[];
  readonly corsOrigins: readonly string[];
  readonly waitingRoom: RequestHandler;
  readonly log: Log;
  readonly metrics: Metrics;
}

type Refuse = (error: unknown, req: IncomingMessage, res: ServerResponse) => void;

/** Whatever was thrown becomes a problem. Only what nobody designed is logged as an error: an outage is told by its breaker, not by every request. */
const refusing =
  ({ log }: { log: Log }): Refuse =>
  (error, req, res) => {
    const refusal = refusalOf(error);
    if (refusal.code === 'INTERNAL') log.error({ err: refusal.cause ?? refusal }, 'request failed');
    else if (meaningOf(refusal.code).status >= 500) log.debug({ err: refusal.cause, code: refusal.code }, 'request refused');
    sendProblem(res, refusal, requestIdOf(req));
  };

/** The ordinary way: the pages, then the door. */
const createApp = (options: AppOptions, refuse: Refuse): Express => {
  const { trustedProxies, corsOrigins, table } = options;
  const app = express();
  app.disable('x-powered-by').set('etag', false);
  app.set('trust proxy', trustedProxies.length === 0 ? false : [...trustedProxies]);
  app.use(cors({ origins: corsOrigins, table }), options.waitingRoom, createDoor(options));
  app.use(((error: unknown, req, res, _next) => refuse(error, req, res)) satisfies ErrorRequestHandler);
  return app;
};

/** The gateway's answer to every request: what holds for all of them, then the short way or the ordinary one. */
export const createGatewayApp = (options: AppOptions): RequestListener => {
  const refuse = refusing(options);
  const app = createApp(options, refuse);
  const shortWay = createShortWay(options);
  const origins = createOrigins({ origins: options.corsOrigins });
  const within = createContext(options);
  return (req, res) => {
    edgeHeaders(req, res);
    within(req, res, () => {
      const answer = shortWay(req);
      if (answer === undefined) return app(req, res);
      origins(req, res);
      answer(res).catch((error: unknown) => refuse(error, req, res));
    });
  };
};
