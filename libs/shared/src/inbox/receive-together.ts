import type { Reply } from '@onsale/contracts';
import { during } from '../crash/index.ts';
import { inTransaction, type Trx } from '../db/index.ts';
import { replyTo } from '../outbox/index.ts';
import { withTrace } from '../tracing/index.ts';
import { commandParts } from './handler.ts';
import { insertAllInOrder, storeReplies } from './inbox-store.ts';
import type { Received, ReceiverOptions } from './receive.ts';

/** One of them is not new, or has to wait: which, is found out by receiving each alone. */
class NotTogether extends Error {}

/**
 * New messages of different keys, one transaction for all: their inbox rows by one statement, their effects one after the other, their replies by
 * one statement. It is all of them or none: whatever one of them throws, a refusal too, rolls back the others.
 * @throws what a handler or the engine throws, or an error that says that one is not new; then nothing has happened, and each is to be received alone
 */
export const createTogetherReceiver = ({ db, outbox, consumer, crash }: ReceiverOptions) => {
  const effect = async (trx: Trx, { message, route }: Received): Promise<Reply | undefined> => {
    const draft = await route.act({ trx, consumer, message });
    if (draft === undefined) return undefined;
    const reply = { command: message.id, ...draft };
    await outbox.add(trx, replyTo(commandParts(message), reply));
    return reply;
  };

  const all = async (trx: Trx, group: readonly Received[]): Promise<void> => {
    const rows = group.map(({ incoming, message }) => ({ messageId: message.id, topic: incoming.topic, key: message.subject }));
    if (!(await insertAllInOrder(trx, consumer, rows))) throw new NotTogether();
    const replies = new Map<string, Reply>();
    for (const received of group) {
      const { id, traceparent } = received.message;
      const reply = await withTrace(traceparent, () => effect(trx, received));
      if (reply !== undefined) replies.set(id, reply);
    }
    await storeReplies(trx, consumer, replies);
  };

  return (group: readonly Received[]): Promise<void> => {
    const messages = group.map(({ message }) => message);
    return during(crash, messages, () => inTransaction(db, (trx) => all(trx, group), { retries: 0 }));
  };
};

export type TogetherReceiver = ReturnType<typeof createTogetherReceiver>;
