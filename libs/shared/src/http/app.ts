import express, { type ErrorRequestHandler, type Express, type Request as Incoming, type RequestHandler, type Response } from 'express';
import { pathOf, type RouteSpec } from '@onsale/contracts';
import { PRINCIPAL_HEADER, type Principal, type PrincipalVerifier } from '../auth/index.ts';
import { during, type CrashPoints } from '../crash/index.ts';
import { notFound, Refusal, tooLate } from '../errors/index.ts';
import type { KeyedStore } from '../idempotency/index.ts';
import type { Log } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { isAnswer, type Answer } from './answer.ts';
import { bodyReader } from './body.ts';
import { nameRoute, requestContext, requestIdOf } from './context.ts';
import type { Door, Request } from './door.ts';
import { createKeyed } from './keyed.ts';
import { waitOf } from './prefer.ts';
import { meaningOf, refusalOf, sendProblem } from './problem.ts';
import { validate } from './validate.ts';

export interface AppOptions {
  readonly doors: readonly Door[];
  readonly principals: PrincipalVerifier;
  /** Needed by a service that has keyed routes. */
  readonly idempotency?: KeyedStore;
  readonly log: Log;
  readonly metrics: Metrics;
  /** In development every answer is checked against its contract. */
  readonly mode: 'production' | 'development';
  /** Deadline of a request, `Prefer: wait` apart. */
  readonly requestTimeoutMs?: number;
  readonly crash?: CrashPoints | undefined;
}

/** Express' form of a contract's path: `/reservations/{id}` -> `/api/v1/reservations/:id`. */
export const expressPath = (route: Pick<RouteSpec, 'path'>): string => pathOf(route).replaceAll(/\{(\w+)\}/g, ':$1');

/** Who may pass: services check it themselves, whatever the gateway did. */
const authorize = (route: RouteSpec, principal: Principal): void => {
  if (route.auth === 'gateway' && principal.kind !== 'gateway') throw notFound('route');
  if ((route.auth === 'member' || route.auth === 'operator') && principal.kind !== 'member')
    throw new Refusal('UNAUTHENTICATED', 'Sign in first.');
  if (route.auth === 'operator' && principal.kind === 'member' && principal.member.role !== 'operator')
    throw new Refusal('FORBIDDEN', 'This is for operators.');
  if ((route.gate === 'issued' || route.gate === 'admitted') && principal.kind === 'member' && principal.admission === undefined)
    throw new Refusal('QUEUE_TOKEN_REQUIRED', 'A queue token is needed here.');
};

/** A signal for the request's deadline and for a client that has gone, and a promise that rejects at the deadline. */
const deadlineOf = (res: Response, ms: number) => {
  const gone = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      gone.abort();
      reject(tooLate());
    }, ms);
  });
  res.once('close', () => {
    clearTimeout(timer);
    if (!res.writableFinished) gone.abort();
  });
  return { signal: gone.signal, passed };
};

/**
 * Weak comparison of RFC 9110. Not express' `req.fresh`: it never answers 304 to `Cache-Control: no-cache`, which `fetch` adds to every
 * conditional request.
 */
const hasVersion = (ifNoneMatch: string | undefined, etag: string | undefined): boolean =>
  ifNoneMatch !== undefined && etag !== undefined && ifNoneMatch.split(',').some((given) => given.trim().replace(/^W\//, '') === etag);

const writeAnswer = (req: Incoming, res: Response, route: RouteSpec, answer: Answer): void => {
  for (const [name, value] of Object.entries(answer.headers)) res.setHeader(name, value);
  res.setHeader('cache-control', route.cache ?? 'no-store');
  res.status(answer.status);
  if (hasVersion(req.headers['if-none-match'], answer.headers['etag'])) {
    res.status(304).end();
    return;
  }
  if (answer.body === undefined) res.end();
  else res.json(answer.body);
};

const checkAnswer = (route: RouteSpec, answer: Answer): void => {
  const schema = route.answers[answer.status];
  if (schema === undefined) throw new Error(`${route.method} ${route.path} answers ${answer.status}, which its contract does not know`);
  if (schema !== null) schema.parse(JSON.parse(JSON.stringify(answer.body)));
};

const handlerOf = (door: Door, { principals, idempotency, mode, requestTimeoutMs = 10_000, crash }: AppOptions): RequestHandler => {
  const { route } = door;
  const read = bodyReader(route);
  const point = `${route.method} ${route.path}`;
  if (route.idempotency === 'required' && idempotency === undefined)
    throw new Error(`${route.path} is keyed: its app needs an idempotency store`);
  const keyed = idempotency === undefined ? undefined : createKeyed({ store: idempotency });
  const act = door.act as (request: unknown) => Promise<unknown>;
  const render = (door.answer ?? ((value) => value)) as (value: unknown, request: unknown) => unknown;

  const handle = async (req: Incoming, res: Response, signal: AbortSignal, waitMs: number): Promise<void> => {
    const given = req.headers[PRINCIPAL_HEADER];
    const principal = await principals.verify(Array.isArray(given) ? given[0] : given);
    authorize(route, principal);
    const input = validate(route, { params: req.params, query: req.query, body: await read(req, res) });
    const member = principal.kind === 'member' ? principal.member : undefined;
    const request = {
      ...input,
      member,
      admission: principal.kind === 'member' ? principal.admission : undefined,
      once: undefined,
      replayed: false,
      header: (name: string) => req.get(name),
      requestId: requestIdOf(req),
      signal,
      waitMs,
    } as unknown as Request;
    let value: unknown;
    let replayed = false;
    if (route.idempotency === 'required' && keyed !== undefined) {
      const scope = {
        memberId: member?.id ?? 'anonymous',
        method: req.method,
        path: req.path,
        key: req.get('idempotency-key'),
        query: input.query,
        body: input.body,
      };
      const done = await keyed(scope, (once) => act({ ...request, once }));
      ({ value, replayed } = done);
      if (replayed) res.setHeader('idempotency-replayed', 'true');
    } else {
      value = await act(request);
    }
    const answer = await render(value, { ...request, replayed });
    if (!isAnswer(answer)) throw new Error(`${route.method} ${route.path} did not answer`);
    if (mode === 'development') checkAnswer(route, answer);
    crash?.hit('before-answer');
    if (!res.headersSent && !signal.aborted) writeAnswer(req, res, route, answer);
  };

  return async (req, res) => {
    nameRoute(req, route.path);
    const waitMs = waitOf(req.get('prefer'));
    const { signal, passed } = deadlineOf(res, requestTimeoutMs + waitMs);
    const handled = during(crash, point, () => handle(req, res, signal, waitMs));
    await Promise.race([handled, passed]);
  };
};

const methodNotAllowed =
  (methods: string[]): RequestHandler =>
  (_req, res) => {
    res.setHeader('allow', methods.join(', '));
    throw new Refusal('METHOD_NOT_ALLOWED', `This path takes ${methods.join(', ')}.`);
  };

/** A use case says that it has too much to do: by design, and in a stampede thousands of times a second. */
const isSaidOnPurpose = (error: unknown): boolean =>
  error instanceof Refusal && error.cause === undefined && meaningOf(error.code).status === 503;

/** The last middleware of every app: whatever was thrown becomes a problem; what is our own fault is logged with its cause. */
export const problems =
  ({ log }: { log: Log }): ErrorRequestHandler =>
  (error: unknown, req, res, _next) => {
    const refusal = refusalOf(
      isUriError(error)
        ? new Refusal('VALIDATION_FAILED', 'The path is not well encoded.', {
            errors: [{ pointer: '/params', detail: 'must be percent-encoded UTF-8' }],
          })
        : error,
    );
    if (isSaidOnPurpose(error)) log.debug({ code: refusal.code }, 'request refused');
    else if (meaningOf(refusal.code).status >= 500) log.error({ err: refusal.cause ?? refusal, code: refusal.code }, 'request failed');
    sendProblem(res, refusal, requestIdOf(req));
  };

const isUriError = (error: unknown): boolean => error instanceof URIError || (Object(error) as { status?: unknown }).status === 400;

/** An express app of the doors: request context, routes, 405, 404, problems. */
export const createApp = (options: AppOptions): Express => {
  const app = express();
  app.disable('x-powered-by').set('etag', false).set('query parser', 'simple').set('case sensitive routing', true);
  app.use(requestContext(options));
  const methodsOf = new Map<string, string[]>();
  for (const door of options.doors) {
    const path = expressPath(door.route);
    methodsOf.set(path, [...(methodsOf.get(path) ?? []), door.route.method]);
    app[door.route.method.toLowerCase() as 'get'](path, handlerOf(door, options));
  }
  for (const [path, methods] of methodsOf) app.all(path, methodNotAllowed(methods));
  app.use(() => {
    throw notFound('route');
  });
  app.use(problems(options));
  return app;
};
