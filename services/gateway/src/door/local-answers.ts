import { parse } from 'node:querystring';
import { urlOf, type RouteSpec } from '@onsale/contracts';
import { publicKeys } from '@onsale/contracts/gateway';
import { issueToken, tokenStatus } from '@onsale/contracts/queue';
import { hasBody, validate } from '@onsale/shared/http';
import type { VerifiedAccess } from '@onsale/shared/auth';
import type { Request, Response } from 'express';
import type { HeldToken } from '../gate/gate.ts';
import type { TakeNumber } from '../gate/take-number.ts';
import type { Authentication } from '../identity/authenticate.ts';
import type { Credentials } from '../identity/credentials.ts';
import { sendBody, type StatusAnswer } from './status-answer.ts';

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
  readonly answerStatus: StatusAnswer;
  readonly numbers: Pick<TakeNumber, 'take'>;
  /** Those that go on. */
  readonly streams: Iterable<readonly [RouteSpec, LocalAnswer]>;
}

/** As the contract says: a query that it does not know is refused. */
const assertQuery = ({ spec, params, search }: LocalRequest): void => {
  if (search !== '' || spec.query !== undefined) validate(spec, { params, query: parse(search.slice(1)), body: undefined });
};

const numberAnswer =
  ({ take }: Pick<TakeNumber, 'take'>) =>
  async (request: LocalRequest, memberId: string): Promise<void> => {
    assertQuery(request);
    const queueId = request.params['queueId'] ?? '';
    const { created, token } = await take({ queueId, memberId });
    if (created) request.res.setHeader('location', urlOf('', tokenStatus, { queueId }));
    sendBody(issueToken, token, request.res, created ? 201 : 200);
  };

/** The routes that the gateway answers itself: they are asked too often for a hop of their own, or are its own. */
export const localAnswers = ({ authentication, answerStatus, numbers, streams }: LocalAnswersOptions): LocalAnswers => {
  const giveNumber = numberAnswer(numbers);
  return new Map<RouteSpec, LocalAnswer>([
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
    [
      issueToken,
      (request) => {
        const { credentials, access, req } = request;
        // a browser's token goes into a cookie, and who names a lane or shows an invitation is one of few
        return access === undefined || credentials.by === 'cookies' || hasBody(req) ? undefined : giveNumber(request, access.memberId);
      },
    ],
  ]);
};
