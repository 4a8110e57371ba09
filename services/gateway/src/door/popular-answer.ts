import { listPopularProducts } from '@onsale/contracts/commerce';
import type { InternalCalls } from '../upstream/internal-calls.ts';
import { assertQuery } from './hot-answers.ts';
import type { LocalAnswer } from './local-answers.ts';
import { sendBody } from './status-answer.ts';

/** As long as anybody may keep them (`Cache-Control` of the route); commerce has looked a second before at most, or ten where it added them up. */
const FRESH_MS = 1000;
/** Commerce has them in memory, or looks for a moment. */
const DEADLINE_MS = 5000;
/** Then another replica is asked: everybody waits for this one answer. */
export const POPULAR_TRY_MS = 1000;

interface PopularAnswerOptions {
  readonly commerce: Pick<InternalCalls, 'call'>;
  /** Milliseconds that never go back. */
  readonly monotonic: () => number;
}

/**
 * The popular products are the same for everybody, and on every page: commerce is asked for them once a second and process, by one call for all who wait.
 * @throws Refusal UPSTREAM_UNAVAILABLE, to all of them; the next who comes asks anew
 */
export const createPopularAnswer = ({ commerce, monotonic }: PopularAnswerOptions): LocalAnswer => {
  let kept: { readonly since: number; readonly body: unknown } | undefined;
  let asking: Promise<unknown> | undefined;

  const ask = async (): Promise<unknown> => {
    const since = monotonic();
    const body = await commerce.call(listPopularProducts, { deadlineMs: DEADLINE_MS, principal: { kind: 'anonymous' } });
    kept = { since, body };
    return body;
  };

  return async (request) => {
    assertQuery(request);
    const known = kept;
    const isFresh = known !== undefined && monotonic() - known.since < FRESH_MS;
    const body = isFresh ? known.body : await (asking ??= ask().finally(() => (asking = undefined)));
    sendBody(listPopularProducts, body, request.res);
  };
};
