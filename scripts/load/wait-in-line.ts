import type { QueueStatus, QueueToken } from '@onsale/contracts/queue';
import { over, type Sale } from './journey.ts';
import type { Outcome } from './outcome.ts';
import { must, type Steps } from './steps.ts';

const USUAL_POLL_MS = 1_000;

/** Takes a number. @throws JourneyOver */
export const takeNumber = async ({ operate, visitor }: Steps, { queueId }: Sale): Promise<QueueToken> => {
  const ask = () => visitor.takesNumber(queueId) as Promise<Outcome<QueueToken>>;
  return must(await operate({ kind: 'enter', subject: { queueId }, ask }));
};

/** Waits for the turn, asking as often as it is told to. @throws JourneyOver when the place has ended, or the wait is longer than planned */
export const waitForTurn = async ({ visitor, plan, pause, reads }: Steps, { queueId }: Sale, entered: QueueStatus): Promise<void> => {
  const deadline = performance.now() + plan.turnMs;
  let standing = entered;
  while (standing.status === 'WAITING' || standing.status === 'PREQUEUE') {
    if (performance.now() > deadline) return over('gave up');
    await pause(standing.pollAfterMs ?? USUAL_POLL_MS);
    standing = await reads(() => visitor.status(queueId));
  }
  if (standing.status !== 'ADMITTED') return over('refused', { code: standing.status });
};
