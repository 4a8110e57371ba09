import { Reply, topicOf } from '@onsale/contracts';
import { inTransaction, type Database, type Trx } from '../db/index.ts';
import { InvalidMessage, type Delivery, type Handler } from '../inbox/handler.ts';
import type { ReplyDraft } from '../inbox/reply.ts';
import type { Part } from '../lifecycle/index.ts';
import type { Log } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { REPLY_TYPE, type Outbox } from '../outbox/index.ts';
import type { SagaEvent } from './advance.ts';
import { createSweeper } from './create-sweeper.ts';
import type { SagaDefinition } from './definition.ts';
import { createPlayer, type AnySaga } from './play-saga.ts';
import { insertSaga, lockSaga, updateSaga, type StoredSaga } from './saga-store.ts';

export interface SagaRunnerOptions {
  readonly db: Database;
  readonly outbox: Outbox;
  readonly sagas: readonly AnySaga[];
  readonly log: Log;
  readonly metrics: Metrics;
  /** Milliseconds between looks for overdue sagas. */
  readonly sweepMs?: number;
  /** A step without an answer is sent again after this; the time doubles with each, up to 30 s. */
  readonly retryAfterMs?: number;
  /** After so many times a saga is flagged NEEDS_OPERATOR; it is sent again all the same. */
  readonly flagAfter?: number;
}

export interface SagaRunner {
  /** Begins a saga in the caller's transaction: runs its first local steps, and sends its first command. */
  start<S extends object>(trx: Trx, definition: SagaDefinition<S>, saga: { readonly id: string; readonly state: S }): Promise<void>;
  /** For `createConsumer`: the replies to this service's commands. */
  readonly handlers: readonly Handler[];
  /** Sends again what is overdue, for ever. */
  readonly sweeper: Part;
  /** For operators: sends the present step again now. False when the saga is unknown or over. */
  retry(id: string): Promise<boolean>;
  /** For operators and time limits: takes a saga back, unless it is past its pivot. A pivot that was not answered is asked first. False when it cannot be. */
  compensate(id: string, reason: { readonly code: string; readonly detail?: string }): Promise<boolean>;
}

const SWEEP_MS = 1000;
const RETRY_AFTER_MS = 5000;
const FLAG_AFTER = 10;

const answerOf = ({ outcome, data, code, detail }: Reply): ReplyDraft =>
  outcome === 'DONE' ? { outcome, data } : { outcome, code: code as never, ...(detail === undefined ? {} : { detail }) };

/** Which answer to which step it is. @throws InvalidMessage */
const eventOf = ({ message }: Delivery): SagaEvent => {
  const { success, data: reply, error } = Reply.safeParse(message.data);
  if (!success) throw new InvalidMessage('a reply is malformed', error);
  const [saga, step, direction, ...rest] = reply.command.split(':');
  if (saga !== message.subject || step === undefined || rest.length > 0 || (direction !== 'do' && direction !== 'undo')) {
    throw new InvalidMessage(`${reply.command} is not a command of the saga ${message.subject}`);
  }
  return { kind: 'answered', step, direction, answer: answerOf(reply) };
};

/** Sagas in the orchestrator's schema: each answer moves one on, in the transaction of the answer's inbox row, under the saga's row lock. */
export const createSagaRunner = (options: SagaRunnerOptions): SagaRunner => {
  const { db, outbox, sagas, log, metrics, sweepMs = SWEEP_MS, retryAfterMs = RETRY_AFTER_MS, flagAfter = FLAG_AFTER } = options;
  const player = createPlayer({ outbox, sagas, log, metrics, retryAfterMs });

  const moveOn = async (trx: Trx, id: string, event: SagaEvent): Promise<'moved' | 'ignored' | 'unknown'> => {
    const before = await lockSaga(trx, id);
    if (before === undefined) return 'unknown';
    const played = await player.play(trx, before, event);
    if (played === undefined) return 'ignored';
    await updateSaga(trx, played.saga, played.dueInMs);
    return 'moved';
  };

  const onReply = async (delivery: Delivery): Promise<undefined> => {
    const { subject, id: messageId } = delivery.message;
    const outcome = await moveOn(delivery.trx, subject, eventOf(delivery));
    if (outcome === 'unknown') throw new InvalidMessage(`there is no saga ${subject}`);
    if (outcome === 'ignored') log.debug({ saga: subject, messageId }, 'an answer that the saga does not wait for');
  };

  const ask = async (id: string, event: SagaEvent): Promise<boolean> =>
    (await inTransaction(db, (trx) => moveOn(trx, id, event))) === 'moved';

  return {
    start: async (trx, definition, { id, state }) => {
      if (!player.knows(definition)) throw new Error(`${definition.name} is not among the runner's sagas`);
      const fresh: StoredSaga = { id, type: definition.name, status: 'RUNNING', step: '', state, flag: undefined, attempts: 0 };
      const played = await player.play(trx, fresh, { kind: 'started' });
      if (played !== undefined) await insertSaga(trx, played.saga, played.dueInMs);
    },
    handlers: [{ routes: [{ topic: topicOf(outbox.source, 'replies'), type: REPLY_TYPE, refusals: [], act: onReply }] }],
    sweeper: createSweeper({ db, player, sweepMs, flagAfter, log, metrics }),
    retry: (id) => ask(id, { kind: 'overdue' }),
    compensate: (id, reason) => ask(id, { kind: 'given up', ...reason }),
  };
};
