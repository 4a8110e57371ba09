import { signIn, type TokenSession } from '@onsale/contracts/commerce';
import { issueToken, type QueueToken } from '@onsale/contracts/queue';
import { notFound, Refusal } from '@onsale/shared/errors';
import type { ShowHeld } from '../gate/show-held.ts';
import type { Cookies } from '../identity/cookies.ts';
import type { InternalCalls } from '../upstream/internal-calls.ts';
import { page, seeOther, type Answer } from './answers.ts';
import type { Fields } from './form-fields.ts';
import { pagePath } from './page-path.ts';
import type { QueueBoard } from './queue-board.ts';
import type { SignInFailure } from './view.ts';
import type { Visit } from './visit.ts';
import type { Visitor } from './visitor.ts';

interface FormsOptions {
  readonly commerce: InternalCalls | undefined;
  readonly queue: InternalCalls;
  readonly cookies: Cookies;
  readonly showHeld: ShowHeld;
  readonly board: QueueBoard;
  readonly deadlineMs: number;
}

/** Where the queue does not say itself when to come back. */
const DEFAULT_RETRY_SECONDS = 30;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const failureOf = (error: unknown): SignInFailure => {
  switch (error instanceof Refusal ? error.code : undefined) {
    case 'INVALID_CREDENTIALS':
    case 'VALIDATION_FAILED':
      return 'wrong';
    case 'RATE_LIMITED':
      return 'too-often';
    case 'OVERLOADED':
      return 'busy';
    default:
      throw error;
  }
};

/** What the two forms of the page do: they post to the gateway itself, so that they work without a script. */
export const createForms = ({ commerce, queue, cookies, showHeld, board, deadlineMs }: FormsOptions) => ({
  /** @throws Refusal UPSTREAM_UNAVAILABLE; NOT_FOUND where members sign in elsewhere */
  signIn: async (visit: Visit, visitor: Visitor, fields: Fields): Promise<Answer> => {
    const email = textOf(fields['email']);
    if (commerce === undefined) throw notFound('form');
    try {
      const body = { email, password: textOf(fields['password']) };
      const session = (await commerce.call(signIn, { body, deadlineMs, principal: { kind: 'anonymous' } })) as TokenSession;
      return seeOther(pagePath(visit.queueId, visit), [...cookies.noPlaces(visitor.credentials.cookies), ...cookies.session(session)]);
    } catch (error) {
      return page({ kind: 'sign-in', email, failure: failureOf(error) }, { sale: await board(visit.queueId) });
    }
  },

  /** @throws Refusal NOT_FOUND, UPSTREAM_UNAVAILABLE */
  takeNumber: async (visit: Visit, visitor: Visitor): Promise<Answer> => {
    const { queueId } = visit;
    const back = pagePath(queueId, visit);
    if (visitor.kind !== 'member') return seeOther(back); // where they sign in, or are renewed
    const { memberId: id, role, sessionId } = visitor.access;
    await showHeld({ queueId, memberId: id, credentials: visitor.credentials });
    try {
      const principal = { kind: 'member', member: { id, role, sessionId } } as const;
      const place = (await queue.call(issueToken, { params: { queueId }, body: {}, deadlineMs, principal })) as QueueToken;
      return seeOther(back, cookies.place(queueId, place.token, visitor.credentials.cookies));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.code === 'QUEUE_CLOSED') return page({ kind: 'closed' }, { sale: await board(queueId) });
      if (error.code !== 'QUEUE_FULL') throw error;
      return page({ kind: 'full', retryAfterSeconds: error.retryAfterSeconds ?? DEFAULT_RETRY_SECONDS }, { sale: await board(queueId) });
    }
  },
});
