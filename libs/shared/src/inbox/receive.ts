import { Message, type Reply } from '@onsale/contracts';
import { during, type CrashPoints } from '../crash/index.ts';
import { inTransaction, type Database, type Trx } from '../db/index.ts';
import { Refusal } from '../errors/index.ts';
import type { IncomingMessage } from '../kafka/index.ts';
import { replyTo, type Outbox } from '../outbox/index.ts';
import { commandParts, InvalidMessage, type Handler, type MessageRoute } from './handler.ts';
import { insertInOrder, insertNow, storedReply, storeReply } from './inbox-store.ts';
import { refused, type ReplyDraft } from './reply.ts';
import { park } from './retry-store.ts';

export interface Received {
  readonly incoming: IncomingMessage;
  readonly message: Message;
  readonly route: MessageRoute;
}

/** `waiting`: it was put behind others of its key. */
export type Outcome = 'done' | 'repeated' | 'waiting';

/** Ids go into columns of ASCII. */
const PRINTABLE = /^[\x21-\x7e]+$/;

/** Retries of the whole transaction stay short: behind them wait the other messages. */
const TRANSACTION = { retries: 3, retryWithinMs: 1500 };

/** @throws InvalidMessage when it is not one of the fleet's messages */
export const parseMessage = (value: string): Message => {
  let json: unknown;
  try {
    json = JSON.parse(value);
  } catch (error) {
    throw new InvalidMessage('not JSON', error);
  }
  const { success, data, error } = Message.safeParse(json);
  if (!success) throw new InvalidMessage(`not a message: ${error.message}`, error);
  if (!PRINTABLE.test(data.id) || !PRINTABLE.test(data.subject)) throw new InvalidMessage('id and subject are printable ASCII');
  return data;
};

/** Finds who handles a type on a topic. @throws Error when two handlers want the same */
export const routeTable = (handlers: readonly Handler[]) => {
  const routes = new Map<string, MessageRoute>();
  for (const route of handlers.flatMap((handler) => handler.routes)) {
    const key = `${route.topic} ${route.type}`;
    if (routes.has(key)) throw new Error(`two handlers for ${key}`);
    routes.set(key, route);
  }
  return {
    find: (topic: string, type: string): MessageRoute | undefined => routes.get(`${topic} ${type}`),
    topics: [...new Set([...routes.values()].map(({ topic }) => topic))],
  };
};

export type Routes = ReturnType<typeof routeTable>;

export interface ReceiverOptions {
  readonly db: Database;
  readonly outbox: Outbox;
  readonly consumer: string;
  readonly crash?: CrashPoints | undefined;
}

/**
 * One message, one transaction: its inbox row, its effect, the reply kept beside the row, and what leaves by the outbox. Seen before, it changes
 * nothing, and the kept reply is sent again. `inOrder` is for what comes from Kafka; a retry whose turn it is goes past those that wait.
 */
export const createReceiver = ({ db, outbox, consumer, crash }: ReceiverOptions) => {
  const answer = async (trx: Trx, { message }: Received, reply: Reply): Promise<void> => {
    await storeReply(trx, { consumer, messageId: message.id }, reply);
    await outbox.add(trx, replyTo(commandParts(message), reply));
  };

  const countIn = async (trx: Trx, { incoming, message }: Received, inOrder: boolean): Promise<'new' | 'seen' | 'waiting'> => {
    const key = { consumer, messageId: message.id };
    return inOrder ? await insertInOrder(trx, { ...key, topic: incoming.topic, key: message.subject }) : await insertNow(trx, key);
  };

  type Act = (trx: Trx) => Promise<ReplyDraft | undefined>;

  const once = async (trx: Trx, received: Received, inOrder: boolean, act: Act): Promise<Outcome> => {
    const { incoming, message } = received;
    const counted = await countIn(trx, received, inOrder);
    switch (counted) {
      case 'waiting': {
        const error = 'waits behind another message of its key';
        await park(trx, { consumer, messageId: message.id, key: message.subject, message: incoming, attempts: 0, error, dueInMs: 0 });
        return 'waiting';
      }
      case 'seen': {
        const reply = await storedReply(trx, { consumer, messageId: message.id });
        if (reply !== undefined) await outbox.add(trx, replyTo(commandParts(message), reply));
        return 'repeated';
      }
      case 'new': {
        const reply = await act(trx);
        if (reply !== undefined) await answer(trx, received, { command: message.id, ...reply });
        return 'done';
      }
      default:
        return counted satisfies never;
    }
  };

  const receive = async (received: Received, inOrder: boolean, after: (trx: Trx) => Promise<void>): Promise<Outcome> => {
    const { message, route } = received;
    const attempt = (act: Act): Promise<Outcome> =>
      inTransaction(
        db,
        async (trx) => {
          const outcome = await once(trx, received, inOrder, act);
          await after(trx);
          return outcome;
        },
        TRANSACTION,
      );
    try {
      return await attempt((trx) => route.act({ trx, consumer, message }));
    } catch (error) {
      if (!(error instanceof Refusal) || !route.refusals.includes(error.code)) throw error;
      return await attempt(async () => refused(error.code, error.detail));
    }
  };

  /** `after` runs at the end of the same transaction. */
  return (received: Received, inOrder: boolean, after: (trx: Trx) => Promise<void> = async () => {}): Promise<Outcome> =>
    during(crash, [received.message], () => receive(received, inOrder, after));
};

export type Receiver = ReturnType<typeof createReceiver>;
