import type { IncomingMessage, ServerResponse } from 'node:http';
import { pathOf } from '@onsale/contracts';
import { tokenStatus } from '@onsale/contracts/queue';
import { hasBody, nameRoute } from '@onsale/shared/http';
import type { TokenReader } from '../gate/gate.ts';
import type { Authentication } from '../identity/authenticate.ts';
import { askingOf } from '../identity/asking.ts';
import type { Limits } from '../limits/limits.ts';
import { createCounting } from './count-caller.ts';
import type { StatusAnswer } from './status-answer.ts';

export interface ShortWayOptions {
  readonly authentication: Pick<Authentication, 'known'>;
  readonly limits: Limits;
  readonly readToken: TokenReader;
  readonly answerStatus: StatusAnswer;
}

/** What stands before and behind the id of the queue. */
const [BEFORE, AFTER] = pathOf(tokenStatus).split('{queueId}') as [string, string];
/** An id that is spelt as the contract has it. */
const QUEUE_ID = /^[a-z0-9-]{1,40}$/;
/** A member is counted by its id. */
const NO_ADDRESS = { ip: undefined };

const queueIdOf = (url: string): string | undefined => {
  if (!url.startsWith(BEFORE) || !url.endsWith(AFTER)) return undefined;
  const queueId = url.slice(BEFORE.length, -AFTER.length);
  return QUEUE_ID.test(queueId) ? queueId : undefined;
};

/**
 * The door for members whom it knows, and who ask again where they stand: most of what a waiting room is asked. What the ordinary way would find out of
 * such a request is known when it comes (its route, its shape, its caller), so it goes at once to what has to be done for each: limits and ended
 * sessions, the queue token, the answer, by the very functions of the ordinary way and in its order. `undefined` for every other request, of which
 * nothing has been done yet.
 */
export const createShortWay = ({ authentication, limits, readToken, answerStatus }: ShortWayOptions) => {
  const count = createCounting({ limits });
  return (req: IncomingMessage): ((res: ServerResponse) => Promise<void>) | undefined => {
    if (req.method !== 'GET') return undefined;
    const queueId = queueIdOf(req.url!);
    if (queueId === undefined) return undefined;
    const { authorization, 'queue-token': header } = req.headers;
    const access = authorization === undefined ? undefined : authentication.known(authorization);
    if (access === undefined || typeof header !== 'string' || hasBody(req)) return undefined;
    return async (res) => {
      nameRoute(req, tokenStatus.path);
      await count({ spec: tokenStatus, asking: askingOf(tokenStatus, NO_ADDRESS, access), access }, res);
      await answerStatus(readToken({ header, memberId: access.memberId, params: { queueId } }), res);
    };
  };
};

export type ShortWay = ReturnType<typeof createShortWay>;
