import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHandler } from 'express';
import { newId } from '../ids/index.ts';
import type { Log } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { withTrace } from '../tracing/index.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;
/** On the request itself: a weak map of requests costs the collector more than the rest of this file. */
const CONTEXT = Symbol('context');
interface WithContext extends IncomingMessage {
  [CONTEXT]?: { readonly requestId: string; route: string };
}

/** The id of this request: given by whoever stands before us when it is a UUID, else new. Also `instance` of its problem. */
export const requestIdOf = (req: IncomingMessage): string =>
  (req as WithContext)[CONTEXT]?.requestId ?? '00000000-0000-4000-8000-000000000000';

/** Names the route for logs and metrics; a path as the client wrote it would make a label each. */
export const nameRoute = (req: IncomingMessage, route: string): void => {
  const context = (req as WithContext)[CONTEXT];
  if (context !== undefined) context.route = route;
};

const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

const onEnd = (res: ServerResponse, fn: (finished: boolean) => void): void => {
  res.once('close', () => fn(res.writableFinished));
};

interface ContextOptions {
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Runs the rest of a request in its context: request id, trace, one log line and one measurement. */
export const createContext = ({ log, metrics }: ContextOptions) => {
  const seconds = metrics.histogram({
    name: 'onsale_http_request_seconds',
    help: 'From the first byte in to the last one out',
    labels: ['method', 'route', 'status'],
  });
  return (req: IncomingMessage, res: ServerResponse, rest: () => void): void => {
    const given = single(req.headers['x-request-id']);
    const requestId = given !== undefined && UUID.test(given) ? given.toLowerCase() : newId();
    const context = { requestId, route: 'none' };
    (req as WithContext)[CONTEXT] = context;
    res.setHeader('x-request-id', requestId);
    const began = performance.now();
    withTrace(
      single(req.headers.traceparent),
      () => {
        onEnd(res, (finished) => {
          const status = finished ? res.statusCode : 499;
          const durationMs = Math.round((performance.now() - began) * 10) / 10;
          seconds.observe({ method: req.method, route: context.route, status: String(status) }, durationMs / 1000);
          log.debug({ method: req.method, route: context.route, status, durationMs }, 'request');
        });
        rest();
      },
      requestId,
    );
  };
};

/** The first middleware of every app: `createContext` for what follows it. */
export const requestContext = (options: ContextOptions): RequestHandler => {
  const within = createContext(options);
  return (req, res, next) => within(req, res, () => next());
};
