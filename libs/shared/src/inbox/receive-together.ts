import type { Reply } from '@onsale/contracts';
import { during } from '../crash/index.ts';
import { inTransaction, type Trx } from '../db/index.ts';
import { replyTo } from '../outbox/index.ts';
import { withTrace } from '../tracing/index.ts';
import { commandParts } from './handler.ts';
import { insertAllInOrder, keptAmong, storeReplies } from './inbox-store.ts';
import type { Outcome, Received, ReceiverOptions } from './receive.ts';

/** One of them was seen before, or has to wait behind another of its key. */
class NotNew extends Error {}

/**
 * Messages of different keys, one transaction for all: their inbox rows by one statement, their effects one after the other, their replies by
 * one statement. Those seen before change nothing, and leave with their kept replies: a fleet that is late is sent copies, and they must not make it later.
 * It is all of them or none: whatever one of them throws, a refusal too, rolls back the others.
 * @throws what a handler or the engine throws, or an error that says that one has to wait; then nothing has happened, and each is to be received alone
 */
export const createTogetherReceiver = ({ db, outbox, consumer, crash }: ReceiverOptions) => {
  const effect = async (trx: Trx, { message, route }: Received): Promise<Reply | undefined> => {
    const draft = await route.act({ trx, consumer, message });
    if (draft === undefined) return undefined;
    const reply = { command: message.id, ...draft };
    await outbox.add(trx, replyTo(commandParts(message), reply));
    return reply;
  };

  const takeNew = async (trx: Trx, group: readonly Received[]): Promise<void> => {
    const rows = group.map(({ incoming, message }) => ({ messageId: message.id, topic: incoming.topic, key: message.subject }));
    if (!(await insertAllInOrder(trx, consumer, rows))) throw new NotNew();
    const replies = new Map<string, Reply>();
    for (const received of group) {
      const { id, traceparent } = received.message;
      const reply = await withTrace(traceparent, () => effect(trx, received));
      if (reply !== undefined) replies.set(id, reply);
    }
    await storeReplies(trx, consumer, replies);
  };

  /** With a read in front that tells which of them are copies. */
  const takeBoth = async (trx: Trx, group: readonly Received[]): Promise<Outcome[]> => {
    const kept = await keptAmong(
      trx,
      consumer,
      group.map(({ message }) => message.id),
    );
    const fresh = group.filter(({ message }) => !kept.has(message.id));
    if (fresh.length > 0) await takeNew(trx, fresh);
    for (const { message } of group) {
      const reply = kept.get(message.id);
      if (reply !== undefined) await withTrace(message.traceparent, () => outbox.add(trx, replyTo(commandParts(message), reply)));
    }
    return group.map(({ message }) => (kept.has(message.id) ? 'repeated' : 'done'));
  };

  const take = async (group: readonly Received[]): Promise<Outcome[]> => {
    try {
      await inTransaction(db, (trx) => takeNew(trx, group), { retries: 0 });
      return group.map(() => 'done');
    } catch (error) {
      if (!(error instanceof NotNew)) throw error;
    }
    return inTransaction(db, (trx) => takeBoth(trx, group), { retries: 0 });
  };

  /** Answers with the outcome of each. */
  return (group: readonly Received[]): Promise<readonly Outcome[]> =>
    during(
      crash,
      group.map(({ message }) => message),
      () => take(group),
    );
};

export type TogetherReceiver = ReturnType<typeof createTogetherReceiver>;
