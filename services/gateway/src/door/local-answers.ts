import { parse } from 'node:querystring';
import type { RouteSpec } from '@onsale/contracts';
import { publicKeys } from '@onsale/contracts/gateway';
import { tokenStatus, type QueueStatus } from '@onsale/contracts/queue';
import { validate } from '@onsale/shared/http';
import type { VerifiedAccess } from '@onsale/shared/auth';
import type { Request, Response } from 'express';
import { invalid, type HeldToken } from '../gate/gate.ts';
import { statusOf } from '../gate/queue-status.ts';
import type { TokenChecks, TokenState } from '../gate/token-checks.ts';
import type { Authentication } from '../identity/authenticate.ts';
import { cacheControlOf } from '../upstream/relay.ts';

export interface LocalRequest {
  readonly spec: RouteSpec;
  readonly params: Readonly<Record<string, string>>;
  readonly search: string;
  /** Of a route that asks who is there. */
  readonly access: VerifiedAccess | undefined;
  readonly held: HeldToken | undefined;
  readonly req: Request;
  readonly res: Response;
}

export type LocalAnswer = (request: LocalRequest) => Promise<void>;
export type LocalAnswers = ReadonlyMap<RouteSpec, LocalAnswer>;

interface LocalAnswersOptions {
  readonly authentication: Pick<Authentication, 'keys'>;
  readonly checks: Pick<TokenChecks, 'check'>;
  /** Those that go on. */
  readonly streams: Iterable<readonly [RouteSpec, LocalAnswer]>;
}

const answering =
  (bodyOf: (request: LocalRequest) => Promise<unknown>): LocalAnswer =>
  async (request) => {
    const { spec, params, search, res } = request;
    if (search !== '' || spec.query !== undefined) validate(spec, { params, query: parse(search.slice(1)), body: undefined });
    const body = JSON.stringify(await bodyOf(request));
    res.setHeader('cache-control', cacheControlOf(spec, 200));
    res.setHeader('content-type', 'application/json; charset=utf-8');
    res.setHeader('content-length', Buffer.byteLength(body));
    res.statusCode = 200;
    res.end(body);
  };

/** The routes that the gateway answers itself: they are asked too often for a hop of their own, or are its own. */
export const localAnswers = ({ authentication, checks, streams }: LocalAnswersOptions): LocalAnswers =>
  new Map<RouteSpec, LocalAnswer>([
    ...streams,
    [publicKeys, answering(() => authentication.keys())],
    [
      tokenStatus,
      answering(async ({ held }) => {
        if (held === undefined) throw new Error('a status without a token');
        const result = await checks.check(held.token, held.payload);
        if (result.status === 'INVALID') throw invalid();
        return statusOf(held.payload, result as TokenState & { status: QueueStatus['status'] });
      }),
    ],
  ]);
