import type { NumberGiven } from '@onsale/contracts/queue';
import { Refusal } from '@onsale/shared/errors';
import { answerEach } from '@onsale/shared/http';
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

/** A line that is being restored takes a second. A number that comes late is there when its member asks again. */
const late = (): Refusal =>
  new Refusal('UPSTREAM_UNAVAILABLE', 'The waiting room is being put in order. Ask again.', { retryAfterSeconds: 1 });

/** Numbers in the standard lane for many members. Asked again it gives the same places. */
export const issueTokens = ({ issueToken, log }: Deps) =>
  answerEach({
    answer: async ({ queueId, memberId }: Asked): Promise<NumberGiven> => {
      const { created, token } = await issueToken({ queueId, member: { id: memberId } });
      return { created, token };
    },
    late,
    about: ({ queueId }) => ({ queueId }),
    log,
  });
