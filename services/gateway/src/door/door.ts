import { pathOf, type Owner, type RouteSpec } from '@onsale/contracts';
import { refreshSession } from '@onsale/contracts/commerce';
import { issueToken, leaveQueue } from '@onsale/contracts/queue';
import { REFRESH_TOKEN_HEADER, type Admission, type Principal, type VerifiedAccess } from '@onsale/shared/auth';
import { notFound, Refusal } from '@onsale/shared/errors';
import { hasBody, malformed, nameRoute, requestIdOf } from '@onsale/shared/http';
import { currentTrace } from '@onsale/shared/tracing';
import type { Request, RequestHandler, Response } from 'express';
import type { Gate, HeldToken } from '../gate/gate.ts';
import type { ShowHeld } from '../gate/show-held.ts';
import type { TokenChecks } from '../gate/token-checks.ts';
import { askingOf } from '../identity/asking.ts';
import type { Authentication } from '../identity/authenticate.ts';
import type { CookieAnswers } from '../identity/cookie-answers.ts';
import type { Credentials, CredentialsReader } from '../identity/credentials.ts';
import type { Principals } from '../identity/principals.ts';
import type { Limits } from '../limits/limits.ts';
import { upstreamHeaders } from '../upstream/request-headers.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { createCounting } from './count-caller.ts';
import type { LocalAnswers } from './local-answers.ts';
import { assertShape } from './request-shape.ts';
import type { Match, RouteTable } from './route-table.ts';

export interface DoorOptions {
  readonly table: RouteTable;
  readonly credentials: Pick<CredentialsReader, 'read'>;
  readonly cookieAnswers: CookieAnswers;
  readonly authentication: Authentication;
  readonly limits: Limits;
  readonly gate: Gate;
  readonly showHeld: ShowHeld;
  readonly checks: Pick<TokenChecks, 'forget'>;
  readonly principals: Principals;
  readonly local: LocalAnswers;
  /** Of the services that are there: `table` has routes of no other. */
  readonly upstreams: Readonly<Partial<Record<Owner, Upstream>>>;
}

type Found = Extract<Match, { kind: 'found' }>;

const splitUrl = (url: string): { path: string; search: string } => {
  const at = url.indexOf('?');
  return at === -1 ? { path: url, search: '' } : { path: url.slice(0, at), search: url.slice(at) };
};

const findRoute = (table: RouteTable, req: Request, res: Response, path: string): Found => {
  const match = table.match(req.method, path);
  if (match.kind === 'found') return match;
  if (match.kind === 'unknown') throw notFound('route');
  if (match.kind === 'misspelt') throw malformed('The path is not spelt plainly.', [{ pointer: '/path', detail: match.detail }]);
  res.setHeader('allow', match.allow.join(', '));
  throw new Refusal('METHOD_NOT_ALLOWED', `This path takes ${match.allow.join(', ')}.`);
};

interface Caller {
  readonly credentials: Credentials;
  /** `undefined` on routes for anybody. */
  readonly access: VerifiedAccess | undefined;
}

/** Who a route's caller is; a refusal is kept until the request has been counted, so that guessing tokens is limited too. */
const identify = async (
  { credentials: reader, authentication }: Pick<DoorOptions, 'credentials' | 'authentication'>,
  spec: RouteSpec,
  req: Request,
): Promise<Caller | Refusal> => {
  try {
    const credentials = reader.read(req);
    const access = spec.auth === 'none' ? undefined : await authentication.authenticate(credentials.authorization);
    return { credentials, access };
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
};

/** The one cookie that a service is handed on, and only by the route that spends it. A body goes before it. */
const refreshTokenOf = (spec: RouteSpec, req: Request, { cookies }: Credentials): Record<string, string> =>
  spec === refreshSession && cookies.refreshToken !== undefined && !hasBody(req) ? { [REFRESH_TOKEN_HEADER]: cookies.refreshToken } : {};

const principalOf = (access: VerifiedAccess | undefined, admission: Admission | undefined): Principal =>
  access === undefined
    ? { kind: 'anonymous' }
    : {
        kind: 'member',
        member: { id: access.memberId, role: access.role, sessionId: access.sessionId, ...(access.lanes && { lanes: access.lanes }) },
        ...(admission === undefined ? {} : { admission }),
      };

/**
 * The way of one request through the gateway, in the order in which it is gone: route, caller, limits, right, shape, line, and then the
 * owner's answer. What is thrown on the way becomes the problem.
 */
export const createDoor = (options: DoorOptions): RequestHandler => {
  const { table, cookieAnswers, gate, showHeld, checks, principals, local, upstreams } = options;
  const count = createCounting(options);

  /** The caller of a route that has one, counted, and allowed to ask. */
  const admitCaller = async (spec: RouteSpec, req: Request, res: Response): Promise<Caller> => {
    const caller = await identify(options, spec, req);
    const access = caller instanceof Refusal ? undefined : caller.access;
    await count({ spec, asking: askingOf(spec, req, access), access: caller instanceof Refusal ? caller : access }, res);
    return caller as Caller; // a refusal has been thrown
  };

  const forward = async (
    { entry, path, params }: Found,
    { search, credentials, principal }: { search: string; credentials: Credentials; principal: Principal },
    req: Request,
    res: Response,
  ): Promise<void> => {
    const { spec, foreign } = entry;
    if (foreign !== undefined) return foreign.forward({ spec, url: path + search, principal, req, res });
    const upstream = upstreams[spec.owner];
    if (upstream === undefined) throw new Error(`${entry.name} is answered by nobody`);
    const vouched = { principal: await principals(principal), requestId: requestIdOf(req), traceparent: currentTrace()?.traceparent };
    req.headers = { ...upstreamHeaders(req.headers, vouched), ...refreshTokenOf(spec, req, credentials) };
    req.url = path + search;
    await upstream.forward({ spec, req, res, reshape: cookieAnswers({ spec, params, credentials }) });
  };

  const placeOf = async (spec: RouteSpec, { params }: Found, { credentials, access }: Caller) => {
    if (spec.gate === 'none') return undefined;
    if (access === undefined) throw new Error(`${pathOf(spec)} is gated, but asks nobody who they are`);
    const header = spec.gate === 'optional' ? credentials.namedQueueToken() : credentials.queueToken(params);
    return gate({ spec, header, memberId: access.memberId, params });
  };

  const forgetLeaver = (spec: RouteSpec, held: HeldToken | undefined): void => {
    if (spec === leaveQueue && held !== undefined) checks.forget(held.token);
  };

  return async (req, res) => {
    const { path, search } = splitUrl(req.url);
    const found = findRoute(table, req, res, path);
    const { spec, foreign } = found.entry;
    nameRoute(req, spec.path);
    const caller = await admitCaller(spec, req, res);
    if (foreign === undefined) assertShape(spec, req, found.params);
    else foreign.assertShape(req, search);
    const place = await placeOf(spec, found, caller);
    const { credentials, access } = caller;
    const answered = local.get(spec)?.({ spec, params: found.params, search, access, credentials, held: place?.held, req, res });
    if (answered !== undefined) return answered;
    forgetLeaver(spec, place?.held);
    if (spec === issueToken && access !== undefined)
      await showHeld({ queueId: found.params['queueId'] ?? '', memberId: access.memberId, credentials });
    await forward(found, { search, credentials, principal: principalOf(access, place?.admission) }, req, res);
  };
};
