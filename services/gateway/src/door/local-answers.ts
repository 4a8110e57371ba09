import { parse } from 'node:querystring';
import type { RouteSpec } from '@onsale/contracts';
import { publicKeys } from '@onsale/contracts/gateway';
import { tokenStatus } from '@onsale/contracts/queue';
import { validate } from '@onsale/shared/http';
import type { VerifiedAccess } from '@onsale/shared/auth';
import type { Request, Response } from 'express';
import type { HeldToken } from '../gate/gate.ts';
import type { Authentication } from '../identity/authenticate.ts';
import { sendBody, type StatusAnswer } from './status-answer.ts';

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
  readonly answerStatus: StatusAnswer;
  /** Those that go on. */
  readonly streams: Iterable<readonly [RouteSpec, LocalAnswer]>;
}

/** As the contract says: a query that it does not know is refused. */
const assertQuery = ({ spec, params, search }: LocalRequest): void => {
  if (search !== '' || spec.query !== undefined) validate(spec, { params, query: parse(search.slice(1)), body: undefined });
};

/** The routes that the gateway answers itself: they are asked too often for a hop of their own, or are its own. */
export const localAnswers = ({ authentication, answerStatus, streams }: LocalAnswersOptions): LocalAnswers =>
  new Map<RouteSpec, LocalAnswer>([
    ...streams,
    [
      publicKeys,
      async (request) => {
        assertQuery(request);
        sendBody(publicKeys, await authentication.keys(), request.res);
      },
    ],
    [
      tokenStatus,
      async (request) => {
        assertQuery(request);
        if (request.held === undefined) throw new Error('a status without a token');
        await answerStatus(request.held, request.res);
      },
    ],
  ]);
