import { z } from 'zod';
import { command } from '../message.ts';
import { QueueId, QueueNumber } from '../shapes.ts';

/** The aggregate of `spendToken`: numbers of one line are spent side by side. */
export const subjectOfNumber = ({ queueId, number }: { readonly queueId: string; readonly number: number }): string =>
  `${queueId}:${number}`;

/** Ends the number that a purchase came by, and frees its slot. A number that has ended already, or never was, is no refusal. */
export const spendToken = command({
  owner: 'queue',
  type: 'onsale.queue.spend-token.v1',
  data: z.object({ queueId: QueueId, number: QueueNumber }),
  reply: z.object({}),
  refusals: [],
});
