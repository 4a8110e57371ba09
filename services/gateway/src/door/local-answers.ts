import { parse } from 'node:querystring';
import { IdParams, urlOf, type RouteSpec } from '@onsale/contracts';
import { issueCoupon, type issueCoupons } from '@onsale/contracts/commerce';
import { publicKeys } from '@onsale/contracts/gateway';
import { issueToken, tokenStatus, type issueTokens } from '@onsale/contracts/queue';
import { hasBody, validate } from '@onsale/shared/http';
import { newId } from '@onsale/shared/ids';
import type { VerifiedAccess } from '@onsale/shared/auth';
import type { Request, Response } from 'express';
import type { HeldToken } from '../gate/gate.ts';
import type { Authentication } from '../identity/authenticate.ts';
import type { Credentials } from '../identity/credentials.ts';
import type { GatheredCalls } from '../upstream/gathered-calls.ts';
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
  readonly numbers: Pick<GatheredCalls<typeof issueTokens>, 'ask'>;
  /** Where commerce is. */
  readonly coupons: Pick<GatheredCalls<typeof issueCoupons>, 'ask'> | undefined;
  /** Those that go on. */
  readonly streams: Iterable<readonly [RouteSpec, LocalAnswer]>;
}

/** As the contract says: a query that it does not know is refused. */
const assertQuery = ({ spec, params, search }: LocalRequest): void => {
  if (search !== '' || spec.query !== undefined) validate(spec, { params, query: parse(search.slice(1)), body: undefined });
};

const numberAnswer =
  ({ ask }: LocalAnswersOptions['numbers']) =>
  async (request: LocalRequest, memberId: string): Promise<void> => {
    assertQuery(request);
    const queueId = request.params['queueId'] ?? '';
    const { created, token } = await ask({ queueId, memberId });
    if (created) request.res.setHeader('location', urlOf('', tokenStatus, { queueId }));
    sendBody(issueToken, token, request.res, created ? 201 : 200);
  };

const couponAnswer =
  ({ ask }: NonNullable<LocalAnswersOptions['coupons']>) =>
  async (request: LocalRequest, memberId: string): Promise<void> => {
    assertQuery(request);
    const { id: couponId } = IdParams.parse(request.params);
    const { coupon } = await ask({ couponId, memberId, id: newId() });
    sendBody(issueCoupon, coupon, request.res, 201);
  };

/** The routes that the gateway answers itself: they are asked too often for a hop of their own, or are its own. */
export const localAnswers = ({ authentication, answerStatus, numbers, coupons, streams }: LocalAnswersOptions): LocalAnswers => {
  const giveNumber = numberAnswer(numbers);
  const giveCoupon = coupons && couponAnswer(coupons);
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
    [
      issueCoupon,
      (request) => {
        const { access, req } = request;
        return access === undefined || hasBody(req) ? undefined : giveCoupon?.(request, access.memberId);
      },
    ],
  ]);
};
