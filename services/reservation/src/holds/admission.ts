import type { Admission } from '@onsale/shared/auth';
import { QueueWrong } from './refusals.ts';

/** That the caller came by the schedule's own line; the gateway has seen to it that it is the caller's turn there. @throws QueueWrong */
export const assertAdmitted = ({ queueId }: { readonly queueId: string }, admission: Admission): void => {
  if (admission.queueId !== queueId) throw new QueueWrong(queueId);
};
