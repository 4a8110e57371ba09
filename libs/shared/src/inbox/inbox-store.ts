import type { Reply } from '@onsale/contracts';
import { isDuplicate, type Database, type Trx } from '../db/index.ts';

export interface InboxKey {
  readonly consumer: string;
  readonly messageId: string;
}

/** JSON columns come as text (createDatabase). */
const replyOf = (row: { reply: string | null } | undefined): Reply | undefined =>
  row === undefined || row.reply === null ? undefined : (JSON.parse(row.reply) as Reply);

/** Those of the messages that were seen before, each with the reply that was committed with it, if it was a command. */
export const keptAmong = async (
  trx: Trx,
  consumer: string,
  messageIds: readonly string[],
): Promise<ReadonlyMap<string, Reply | undefined>> => {
  const rows = await trx('inbox')
    .where({ consumer })
    .whereIn('message_id', messageIds)
    .select<{ message_id: string; reply: string | null }[]>('message_id', 'reply');
  return new Map(rows.map((row) => [row.message_id, replyOf(row)]));
};

/** The same of one message. */
export const storedReply = async (trx: Trx, { consumer, messageId }: InboxKey): Promise<Reply | undefined> =>
  (await keptAmong(trx, consumer, [messageId])).get(messageId);

/**
 * Counts the message in: `seen` when it was here before, `waiting` when messages of its key wait in `retries`, which it must not overtake.
 * The rule is part of the insert, so that it costs no round trip of its own.
 */
export const insertInOrder = async (
  trx: Trx,
  { consumer, messageId, topic, key }: InboxKey & { topic: string; key: string },
): Promise<'new' | 'seen' | 'waiting'> => {
  try {
    const [result] = await trx.raw(
      `INSERT INTO inbox (consumer, message_id) SELECT ?, ? FROM DUAL
       WHERE NOT EXISTS (SELECT 1 FROM retries WHERE consumer = ? AND topic = ? AND message_key = ?)`,
      [consumer, messageId, consumer, topic, key],
    );
    return (result as { affectedRows: number }).affectedRows === 1 ? 'new' : 'waiting';
  } catch (error) {
    if (isDuplicate(error)) return 'seen';
    throw error;
  }
};

/** The same for messages of different keys by one statement: whether all of them are new. If not, nothing is known of any: the transaction has to be rolled back. */
export const insertAllInOrder = async (
  trx: Trx,
  consumer: string,
  messages: readonly (Omit<InboxKey, 'consumer'> & { readonly topic: string; readonly key: string })[],
): Promise<boolean> => {
  const one = 'SELECT ?, ? FROM DUAL WHERE NOT EXISTS (SELECT 1 FROM retries WHERE consumer = ? AND topic = ? AND message_key = ?)';
  try {
    const [result] = await trx.raw(
      `INSERT INTO inbox (consumer, message_id) ${messages.map(() => one).join(' UNION ALL ')}`,
      messages.flatMap(({ messageId, topic, key }) => [consumer, messageId, consumer, topic, key]),
    );
    return (result as { affectedRows: number }).affectedRows === messages.length;
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
};

/** Counts in a message whose turn it is: the oldest of its key in `retries`. */
export const insertNow = async (trx: Trx, { consumer, messageId }: InboxKey): Promise<'new' | 'seen'> => {
  try {
    await trx('inbox').insert({ consumer, message_id: messageId });
    return 'new';
  } catch (error) {
    if (isDuplicate(error)) return 'seen';
    throw error;
  }
};

/** Forgets what no copy can come of any more, by the index on created_at. Answers with how many rows, `limit` at most. */
export const purgeInbox = async (db: Database, olderThanDays: number, limit: number): Promise<number> => {
  const [result] = await db.raw('DELETE FROM inbox WHERE created_at < NOW(3) - INTERVAL ? DAY ORDER BY created_at LIMIT ?', [
    olderThanDays,
    limit,
  ]);
  return (result as { affectedRows: number }).affectedRows;
};

/** Keeps what a command was answered. */
export const storeReply = async (trx: Trx, { consumer, messageId }: InboxKey, reply: Reply): Promise<void> => {
  await trx('inbox')
    .where({ consumer, message_id: messageId })
    .update({ reply: JSON.stringify(reply) });
};

/** The same for many by one statement. */
export const storeReplies = async (trx: Trx, consumer: string, replies: ReadonlyMap<string, Reply>): Promise<void> => {
  if (replies.size === 0) return;
  const whens = [...replies].flatMap(([messageId, reply]) => [messageId, JSON.stringify(reply)]);
  const choice = `CASE message_id${' WHEN ? THEN ?'.repeat(replies.size)} END`;
  await trx('inbox')
    .where({ consumer })
    .whereIn('message_id', [...replies.keys()])
    .update({ reply: trx.raw(choice, whens) });
};

/** The action's own answer if it has been here; else `reply` becomes its answer, for when it comes. Waits for an action that is under way. */
export const claimAction = async (trx: Trx, { reply, ...key }: InboxKey & { reply: Reply }): Promise<Reply> => {
  if ((await insertNow(trx, key)) === 'new') {
    await storeReply(trx, key, reply);
    return reply;
  }
  const kept = await storedReply(trx, key);
  if (kept === undefined) throw new Error(`${key.messageId} is in the inbox without a reply`);
  return kept;
};
