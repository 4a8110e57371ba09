import type { NumberGiven } from '@onsale/contracts/queue';
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

/**
 * Numbers in the standard lane for many members, each with an answer of its own; who is refused keeps nobody else from a place. Asked again it gives
 * the same places.
 */
export const issueTokens = ({ issueToken, log }: Deps) => {
  const give = async ({ queueId, memberId }: Asked): Promise<NumberGiven> => {
    try {
      const { created, token } = await issueToken({ queueId, member: { id: memberId } });
      return { created, token };
    } catch (error) {
      const { code, detail, retryAfterSeconds, cause } = refusalOf(error);
      if (code === 'INTERNAL') log.error({ err: cause, queueId }, 'no number could be given');
      return { code, detail, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
    }
  };

  return (asked: readonly Asked[]): Promise<NumberGiven[]> => Promise.all(asked.map(give));
};
