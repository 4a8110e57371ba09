import type { ServerResponse } from 'node:http';
import { parse } from 'node:querystring';
import { IdParams, urlOf, type RouteSpec } from '@onsale/contracts';
import { issueCoupon, type issueCoupons } from '@onsale/contracts/commerce';
import { issueToken, tokenStatus, type issueTokens } from '@onsale/contracts/queue';
import type { VerifiedAccess } from '@onsale/shared/auth';
import { validate } from '@onsale/shared/http';
import { newId } from '@onsale/shared/ids';
import type { HeldToken } from '../gate/gate.ts';
import type { GatheredCalls } from '../upstream/gathered-calls.ts';
import { sendBody, type StatusAnswer } from './status-answer.ts';

/** A request without a body, of a caller who has been counted, and may ask. */
export interface HotRequest {
  readonly spec: RouteSpec;
  readonly params: Readonly<Record<string, string>>;
  readonly search: string;
  readonly access: VerifiedAccess;
  readonly held: HeldToken | undefined;
  readonly res: ServerResponse;
}

export type HotAnswer = (request: HotRequest) => Promise<void>;
export type HotAnswers = ReadonlyMap<RouteSpec, HotAnswer>;

interface HotAnswersOptions {
  readonly answerStatus: StatusAnswer;
  readonly numbers: Pick<GatheredCalls<typeof issueTokens>, 'ask'>;
  /** Where commerce is. */
  readonly coupons: Pick<GatheredCalls<typeof issueCoupons>, 'ask'> | undefined;
}

/** As the contract says: a query that it does not know is refused. */
export const assertQuery = ({ spec, params, search }: Pick<HotRequest, 'spec' | 'params' | 'search'>): void => {
  if (search !== '' || spec.query !== undefined) validate(spec, { params, query: parse(search.slice(1)), body: undefined });
};

const numberAnswer =
  ({ ask }: HotAnswersOptions['numbers']): HotAnswer =>
  async ({ params, access: { memberId }, res }) => {
    const queueId = params['queueId'] ?? '';
    const { created, token } = await ask({ queueId, memberId });
    if (created) res.setHeader('location', urlOf('', tokenStatus, { queueId }));
    sendBody(issueToken, token, res, created ? 201 : 200);
  };

const couponAnswer =
  ({ ask }: NonNullable<HotAnswersOptions['coupons']>): HotAnswer =>
  async ({ params, access: { memberId }, res }) => {
    const { id: couponId } = IdParams.parse(params);
    const { coupon } = await ask({ couponId, memberId, id: newId() });
    sendBody(issueCoupon, coupon, res, 201);
  };

/** What everybody asks in the same seconds, without a body, answered here: where somebody stands, a number, a coupon. */
export const hotAnswers = ({ answerStatus, numbers, coupons }: HotAnswersOptions): HotAnswers => {
  const answers: [RouteSpec, HotAnswer][] = [
    [
      tokenStatus,
      async ({ held, res }) => {
        if (held === undefined) throw new Error('a status without a token');
        await answerStatus(held, res);
      },
    ],
    [issueToken, numberAnswer(numbers)],
    ...(coupons === undefined ? [] : [[issueCoupon, couponAnswer(coupons)] satisfies [RouteSpec, HotAnswer]]),
  ];
  return new Map(
    answers.map(([spec, answer]) => [
      spec,
      async (request) => {
        assertQuery(request);
        await answer(request);
      },
    ]),
  );
};
