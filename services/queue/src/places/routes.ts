import * as contract from '@onsale/contracts/queue';
import { created, implement, noContent, ok } from '@onsale/shared/http';
import type { beat } from './beat.ts';
import type { checkTokens } from './check-tokens.ts';
import type { endByNumber } from './end-by-number.ts';
import type { issueToken } from './issue-token.ts';
import type { issueTokens } from './issue-tokens.ts';
import type { leaveQueue } from './leave-queue.ts';
import type { tellSales } from './tell-sales.ts';

interface Places {
  readonly issueToken: ReturnType<typeof issueToken>;
  readonly issueTokens: ReturnType<typeof issueTokens>;
  readonly beat: ReturnType<typeof beat>;
  readonly leaveQueue: ReturnType<typeof leaveQueue>;
  readonly checkTokens: ReturnType<typeof checkTokens>;
  readonly endByNumber: ReturnType<typeof endByNumber>;
  readonly tellSales: ReturnType<typeof tellSales>;
}

/** The doors to places in line, what operators and shops say of them, and the calls by which the gateway takes and looks at many of them. */
export const placeRoutes = ({ issueToken, issueTokens, beat, leaveQueue, checkTokens, endByNumber, tellSales }: Places) => [
  implement(
    contract.issueToken,
    ({ params, member, body }) => issueToken({ queueId: params.queueId, member, ...body }),
    ({ token, created: isNew }, { params }) =>
      isNew ? created(token, { location: `/api/v1/queues/${params.queueId}/tokens/current` }) : ok(token),
  ),
  implement(contract.issueTokens, async ({ body }) => ok({ given: await issueTokens(body.asked) })),
  implement(contract.heartbeat, async ({ params, member, admission }) => {
    await beat({ queueId: params.queueId, member, admission });
    return noContent();
  }),
  implement(contract.leaveQueue, async ({ params, member, admission }) => {
    await leaveQueue({ queueId: params.queueId, member, admission });
    return noContent();
  }),
  implement(contract.revokePlace, async ({ member, params, body }) =>
    ok(await endByNumber.revoke({ member, queueId: params.queueId, number: body.number })),
  ),
  implement(contract.completePlace, async ({ member, params, body }) =>
    ok(await endByNumber.complete({ member, queueId: params.queueId, number: body.number })),
  ),
  implement(contract.checkTokens, async ({ body }) => {
    const [results, sales] = await Promise.all([checkTokens(body.tokens), tellSales(body.tokens)]);
    return ok({ results, sales });
  }),
];
