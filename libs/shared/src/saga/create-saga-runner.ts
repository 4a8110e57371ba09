import { Reply, topicOf, type Code } from '@onsale/contracts';
import type { Database, Trx } from '../db/index.ts';
import { InvalidMessage, type Delivery, type Handler } from '../inbox/handler.ts';
import type { ReplyDraft } from '../inbox/reply.ts';
import type { Part } from '../lifecycle/index.ts';
import type { Log } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { REPLY_TYPE, type Outbox } from '../outbox/index.ts';
import { withTrace } from '../tracing/index.ts';
import type { SagaEvent } from './advance.ts';
import { createSweeper } from './create-sweeper.ts';
import type { SagaDefinition } from './definition.ts';
import { createPlayer, type AnySaga, type Played } from './play-saga.ts';
import { insertSagas, lockSaga, updateSaga, type StoredSaga } from './saga-store.ts';

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

interface NewSaga<S> {
  readonly id: string;
  readonly state: S;
}

export interface SagaRunner {
  /** Begins a saga in the caller's transaction: runs its first local steps, and sends its first command. */
  start<S extends object>(trx: Trx, definition: SagaDefinition<S>, saga: NewSaga<S>): Promise<void>;
  /** As `start`, for many that begin together: their rows by one statement, each saga's messages in the trace that it names. */
  startAll<S extends object>(
    trx: Trx,
    definition: SagaDefinition<S>,
    sagas: readonly (NewSaga<S> & { readonly traceparent: string | undefined })[],
  ): Promise<void>;
  /** For `createConsumer`: the replies to this service's commands. */
  readonly handlers: readonly Handler[];
  /** Sends again what is overdue, for ever. */
  readonly sweeper: Part;
  /** For operators, in the caller's transaction: sends the present step again now, and counts its attempts anew. */
  retry(trx: Trx, id: string): Promise<Intervention>;
  /**
   * For operators and time limits, in the caller's transaction: takes a saga back, unless it is past its pivot. A pivot that was not answered is asked
   * first.
   */
  compensate(trx: Trx, id: string, reason: { readonly code: Code; readonly detail?: string }): Promise<Intervention>;
}

/** What came of a request to steer a saga; what did not move it changed nothing. */
export type Intervention =
  | { readonly is: 'moved'; readonly before: StoredSaga; readonly after: StoredSaga }
  | { readonly is: 'over' | 'going back' | 'past the pivot'; readonly saga: StoredSaga }
  | { readonly is: 'unknown' };

const SWEEP_MS = 1000;
/** Far above what an answer takes: a command is in the outbox, and then in Kafka; it is hardly ever lost, but late whenever there is much to do. */
const RETRY_AFTER_MS = 15_000;
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

  /** The saga as it is then; undefined when the event is none of its business. */
  const moveOn = async (trx: Trx, before: StoredSaga, event: SagaEvent): Promise<StoredSaga | undefined> => {
    const played = await player.play(trx, before, event);
    if (played !== undefined) await updateSaga(trx, played.saga, played.dueInMs);
    return played?.saga;
  };

  const onReply = async (delivery: Delivery): Promise<undefined> => {
    const { subject, id: messageId } = delivery.message;
    const before = await lockSaga(delivery.trx, subject);
    if (before === undefined) throw new InvalidMessage(`there is no saga ${subject}`);
    const after = await moveOn(delivery.trx, before, eventOf(delivery));
    if (after === undefined) log.debug({ saga: subject, messageId }, 'an answer that the saga does not wait for');
  };

  const steer = async (
    trx: Trx,
    id: string,
    { event, whyNot }: { event: SagaEvent; whyNot: (saga: StoredSaga) => 'over' | 'going back' | 'past the pivot' | undefined },
  ): Promise<Intervention> => {
    const before = await lockSaga(trx, id);
    if (before === undefined) return { is: 'unknown' };
    const why = whyNot(before);
    if (why !== undefined) return { is: why, saga: before };
    const after = await moveOn(trx, before, event);
    return after === undefined ? { is: 'over', saga: before } : { is: 'moved', before, after };
  };

  const begun = async <S extends object>(trx: Trx, definition: SagaDefinition<S>, { id, state }: NewSaga<S>): Promise<Played[]> => {
    if (!player.knows(definition)) throw new Error(`${definition.name} is not among the runner's sagas`);
    const fresh: StoredSaga = { id, type: definition.name, status: 'RUNNING', step: '', state, flag: undefined, attempts: 0 };
    const played = await player.play(trx, fresh, { kind: 'started' });
    return played === undefined ? [] : [played];
  };

  return {
    start: async (trx, definition, saga) => insertSagas(trx, await begun(trx, definition, saga)),
    startAll: async (trx, definition, all) => {
      const played: Played[] = [];
      for (const saga of all) played.push(...(await withTrace(saga.traceparent, () => begun(trx, definition, saga))));
      await insertSagas(trx, played);
    },
    handlers: [{ routes: [{ topic: topicOf(outbox.source, 'replies'), type: REPLY_TYPE, refusals: [], act: onReply }] }],
    sweeper: createSweeper({ db, player, sweepMs, flagAfter, log, metrics }),
    retry: (trx, id) => steer(trx, id, { event: { kind: 'overdue' }, whyNot: () => undefined }),
    compensate: (trx, id, reason) =>
      steer(trx, id, { event: { kind: 'given up', ...reason }, whyNot: (saga) => player.whyNotGivenUp(saga) }),
  };
};
