import type { RouteSpec } from '@onsale/contracts';
import { listPopularProducts } from '@onsale/contracts/commerce';
import { publicKeys } from '@onsale/contracts/gateway';
import { issueToken } from '@onsale/contracts/queue';
import { hasBody } from '@onsale/shared/http';
import type { VerifiedAccess } from '@onsale/shared/auth';
import type { Request, Response } from 'express';
import type { HeldToken } from '../gate/gate.ts';
import type { Authentication } from '../identity/authenticate.ts';
import type { Credentials } from '../identity/credentials.ts';
import { assertQuery, type HotAnswer, type HotAnswers } from './hot-answers.ts';
import { sendBody } from './status-answer.ts';

export interface LocalRequest {
  readonly spec: RouteSpec;
  readonly params: Readonly<Record<string, string>>;
  readonly search: string;
  /** Of a route that asks who is there. */
  readonly access: VerifiedAccess | undefined;
  readonly credentials: Pick<Credentials, 'by'>;
  readonly held: HeldToken | undefined;
  readonly req: Request;
  readonly res: Response;
}

/** `undefined`: this request is for the route's owner. */
export type LocalAnswer = (request: LocalRequest) => Promise<void> | undefined;
export type LocalAnswers = ReadonlyMap<RouteSpec, LocalAnswer>;

interface LocalAnswersOptions {
  readonly authentication: Pick<Authentication, 'keys'>;
  readonly hot: HotAnswers;
  /** Those that go on. */
  readonly streams: Iterable<readonly [RouteSpec, LocalAnswer]>;
  /** Where commerce is. */
  readonly popular: LocalAnswer | undefined;
}

const unlessForOwner =
  (answer: HotAnswer): LocalAnswer =>
  (request) => {
    const { spec, access, credentials, req } = request;
    // a browser's token goes into a cookie, and who names a lane or shows an invitation is one of few
    if (access === undefined || hasBody(req) || (spec === issueToken && credentials.by === 'cookies')) return undefined;
    return answer({ ...request, access });
  };

/** The routes that the gateway answers itself: they are asked too often for a hop of their own, or are its own. */
export const localAnswers = ({ authentication, hot, streams, popular }: LocalAnswersOptions): LocalAnswers =>
  new Map<RouteSpec, LocalAnswer>([
    ...streams,
    [
      publicKeys,
      async (request) => {
        assertQuery(request);
        sendBody(publicKeys, await authentication.keys(), request.res);
      },
    ],
    ...(popular === undefined ? [] : [[listPopularProducts, popular] as const]),
    ...[...hot].map(([spec, answer]) => [spec, unlessForOwner(answer)] as const),
  ]);
