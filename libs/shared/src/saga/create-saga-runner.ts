import { Reply, topicOf } from '@onsale/contracts';
import { afterCommit, inTransaction, isEngineAway, type Database, type Trx } from '../db/index.ts';
import { InvalidMessage, type Delivery, type Handler } from '../inbox/handler.ts';
import { isRefused, type ReplyDraft } from '../inbox/reply.ts';
import { loop, type Part } from '../lifecycle/index.ts';
import type { Log } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { REPLY_TYPE, type Outbox } from '../outbox/index.ts';
import { advance, type Direction, type SagaEvent } from './advance.ts';
import type { LocalStep, SagaDefinition } from './definition.ts';
import { countFlagged, insertSaga, lockOverdue, lockSaga, overdueSagas, postponeSaga, updateSaga, type StoredSaga } from './saga-store.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- sagas of many states in one list; each one's own type is checked where it is declared
type AnySaga = SagaDefinition<any>;

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
/** Below the 60 s in which every saga has to be at its end after healing (quality.md, I7). */
const RETRY_CAP_MS = 30_000;
const FLAG_AFTER = 10;
const SWEEP_ROWS = 100;

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
  const definitions = new Map(sagas.map((definition) => [definition.name, definition]));
  const ended = metrics.counter({ name: 'onsale_sagas_ended_total', help: 'Sagas at their end', labels: ['saga', 'status'] });
  const resent = metrics.counter({
    name: 'onsale_saga_commands_resent_total',
    help: 'Commands sent again for want of an answer',
    labels: ['saga', 'step'],
  });
  const flagged = metrics.gauge({ name: 'onsale_sagas_flagged', help: 'Sagas that need an operator' });

  const definitionOf = ({ type, id }: StoredSaga): AnySaga => {
    const definition = definitions.get(type);
    if (definition === undefined) throw new Error(`saga ${id} is a ${type}, which this process does not know`);
    return definition;
  };

  const dueInMs = (attempts: number): number => Math.min(RETRY_CAP_MS, retryAfterMs * 2 ** attempts) * (0.75 + Math.random() / 2);

  const runLocal = async (trx: Trx, saga: StoredSaga, step: LocalStep<object>, direction: Direction): Promise<ReplyDraft> => {
    const view = { id: saga.id, state: saga.state };
    if (direction === 'undo') {
      await step.undo?.(trx, view);
      return { outcome: 'DONE', data: undefined };
    }
    const result = await step.local(trx, view);
    return isRefused(result) ? result : { outcome: 'DONE', data: result };
  };

  /** The saga after the event, its effects written; undefined when the event is none of its business. */
  const play = async (
    trx: Trx,
    before: StoredSaga,
    event: SagaEvent,
  ): Promise<{ saga: StoredSaga; dueInMs: number | undefined } | undefined> => {
    const definition = definitionOf(before);
    const { type } = before;
    let { saga, effect } = advance<object>(definition, before, event);
    while (effect.kind === 'run') {
      const { step, direction } = effect;
      const answer = await runLocal(trx, { ...before, ...saga }, definition.steps.get(step) as LocalStep<object>, direction);
      ({ saga, effect } = advance<object>(definition, saga, { kind: 'answered', step, direction, answer }));
    }
    const { id, status, step, state, failure } = saga;
    const moved = { id, type, status, step, state, ...(failure === undefined ? {} : { failure }), flag: undefined, attempts: 0 };
    switch (effect.kind) {
      case 'send':
        await outbox.add(trx, effect.message);
        return { saga: moved, dueInMs: dueInMs(0) };
      case 'end':
        await endOf(trx, definition, moved);
        return { saga: moved, dueInMs: undefined };
      case 'stuck':
        log.error({ saga: id, type, step, code: effect.code }, 'a saga is stuck: what cannot be refused was refused');
        return { saga: { ...moved, flag: 'NEEDS_OPERATOR', attempts: before.attempts }, dueInMs: dueInMs(before.attempts) };
      case 'ignore':
        return undefined;
      default:
        return effect satisfies never;
    }
  };

  const endOf = async (trx: Trx, { name, ends }: AnySaga, { id, state, status, failure, step }: StoredSaga): Promise<void> => {
    if (status === 'COMPLETED') await ends.completed?.(trx, { id, state });
    else await ends.compensated?.(trx, { id, state, failure: failure ?? { step, code: 'INTERNAL' } });
    afterCommit(trx, () => ended.inc({ saga: name, status }));
  };

  const onReply = async (delivery: Delivery): Promise<undefined> => {
    const { trx, message } = delivery;
    const event = eventOf(delivery);
    const before = await lockSaga(trx, message.subject);
    if (before === undefined) throw new InvalidMessage(`there is no saga ${message.subject}`);
    const after = await play(trx, before, event);
    if (after === undefined) log.debug({ saga: before.id, messageId: message.id }, 'an answer that the saga does not wait for');
    else await updateSaga(trx, after.saga, after.dueInMs);
  };

  const sendAgain = async (trx: Trx, before: StoredSaga, attempts: number): Promise<void> => {
    const after = await play(trx, before, { kind: 'overdue' });
    if (after === undefined) return;
    const flag = attempts >= flagAfter ? 'NEEDS_OPERATOR' : before.flag;
    await updateSaga(trx, { ...after.saga, attempts, flag }, dueInMs(attempts));
    afterCommit(trx, () => {
      resent.inc({ saga: before.type, step: before.step });
      if (flag !== before.flag) log.error({ saga: before.id, type: before.type, step: before.step, attempts }, 'a saga needs an operator');
    });
  };

  const sweepOne = async (id: string): Promise<void> => {
    try {
      await inTransaction(db, async (trx) => {
        const saga = await lockOverdue(trx, id);
        if (saga !== undefined) await sendAgain(trx, saga, saga.attempts + 1);
      });
    } catch (error) {
      if (isEngineAway(error)) throw error;
      log.error({ err: error, saga: id }, 'a saga could not be sent on');
      await inTransaction(db, (trx) => postponeSaga(trx, id, RETRY_CAP_MS));
    }
  };

  const sweep = async (signal: AbortSignal): Promise<void> => {
    for (const id of await overdueSagas(db, SWEEP_ROWS)) {
      if (signal.aborted) return;
      await sweepOne(id);
    }
    flagged.set(await countFlagged(db));
  };

  const ask = (id: string, event: SagaEvent): Promise<boolean> =>
    inTransaction(db, async (trx) => {
      const before = await lockSaga(trx, id);
      const after = before === undefined ? undefined : await play(trx, before, event);
      if (after !== undefined) await updateSaga(trx, after.saga, after.dueInMs);
      return after !== undefined;
    });

  return {
    start: async (trx, definition, { id, state }) => {
      if (definitions.get(definition.name) !== definition) throw new Error(`${definition.name} is not among the runner's sagas`);
      const [first] = definition.steps.keys();
      const fresh: StoredSaga = { id, type: definition.name, status: 'RUNNING', step: first ?? '', state, flag: undefined, attempts: 0 };
      const after = await play(trx, fresh, { kind: 'started' });
      if (after !== undefined) await insertSaga(trx, after.saga, after.dueInMs);
    },
    handlers: [{ routes: [{ topic: topicOf(outbox.source, 'replies'), type: REPLY_TYPE, refusals: [], act: onReply }] }],
    sweeper: loop({
      name: 'saga sweeper',
      everyMs: sweepMs,
      turn: sweep,
      onError: (error) => log.warn({ err: error }, 'overdue sagas could not be looked at'),
    }),
    retry: (id) => ask(id, { kind: 'overdue' }),
    compensate: (id, reason) => ask(id, { kind: 'given up', ...reason }),
  };
};
