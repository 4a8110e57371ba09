import type { NumberGiven } from '@onsale/contracts/queue';
import { within } from '@onsale/shared/deadline';
import { Refusal } from '@onsale/shared/errors';
import { refusalOf } from '@onsale/shared/http';
import type { Log } from '@onsale/shared/log';
import type { issueToken } from './issue-token.ts';

interface Deps {
  readonly issueToken: ReturnType<typeof issueToken>;
  readonly log: Log;
}

interface Asked {
  readonly queueId: string;
  readonly memberId: string;
}

/** Longest that one keeps the others of its call waiting: a line that is being restored takes a second. Its number is taken all the same, and is there when it asks again. */
const GIVE_MS = 3000;

const late = (): Refusal =>
  new Refusal('UPSTREAM_UNAVAILABLE', 'The waiting room is being put in order. Ask again.', { retryAfterSeconds: 1 });

/**
 * Numbers in the standard lane for many members, each with an answer of its own; who is refused, or has to wait, keeps nobody else from a place. Asked again it gives
 * the same places.
 */
export const issueTokens = ({ issueToken, log }: Deps) => {
  const give = async ({ queueId, memberId }: Asked): Promise<NumberGiven> => {
    try {
      const { created, token } = await within(GIVE_MS, issueToken({ queueId, member: { id: memberId } }), late);
      return { created, token };
    } catch (error) {
      const { code, detail, retryAfterSeconds, cause } = refusalOf(error);
      if (code === 'INTERNAL') log.error({ err: cause, queueId }, 'no number could be given');
      return { code, detail, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
    }
  };

  return (asked: readonly Asked[]): Promise<NumberGiven[]> => Promise.all(asked.map(give));
};
