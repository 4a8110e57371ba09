import type { Admission } from '@onsale/shared/auth';
import { Refusal } from '@onsale/shared/errors';
import { QueueWrong } from './refusals.ts';

/**
 * That the caller came by the schedule's own line, and that the gateway has seen it is the caller's turn there: it vouches for tokens in other states
 * too, for routes that ask for less.
 * @throws QueueWrong; Refusal QUEUE_NOT_ADMITTED
 */
export const assertAdmitted = ({ queueId }: { readonly queueId: string }, admission: Admission): void => {
  if (admission.queueId !== queueId) throw new QueueWrong(queueId);
  if (admission.status !== 'ADMITTED') throw new Refusal('QUEUE_NOT_ADMITTED', 'It is not your turn yet.', { extra: { queueId } });
};
