import type { QueueStatus } from '@onsale/contracts/queue';
import type { QueueTokenPayload } from '@onsale/shared/auth';
import type { TokenState } from './token-checks.ts';

/** What the queue says of a token, as the contract shows it to the token's member. */
export const statusOf = (
  { queueId, number, lane }: QueueTokenPayload,
  { status, position, etaSeconds, pollAfterMs, admittedUntil, state, message }: TokenState & { status: QueueStatus['status'] },
): QueueStatus => ({
  // what is undefined is not in the answer's JSON
  queueId,
  number,
  lane,
  status,
  position,
  etaSeconds,
  pollAfterMs,
  admittedUntil,
  state,
  message,
});
