import { afterCommit, type Trx } from '../db/index.ts';
import { isRefused, type ReplyDraft } from '../inbox/reply.ts';
import type { Log } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Outbox } from '../outbox/index.ts';
import { advance, whyNotGivenUp, type Direction, type SagaEvent } from './advance.ts';
import type { LocalStep, SagaDefinition } from './definition.ts';
import type { StoredSaga } from './saga-store.ts';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- sagas of many states in one list; each one's own type is checked where it is declared
export type AnySaga = SagaDefinition<any>;

export interface PlayerOptions {
  readonly outbox: Outbox;
  readonly sagas: readonly AnySaga[];
  readonly log: Log;
  readonly metrics: Metrics;
  readonly retryAfterMs: number;
}

/** The saga as it is to be stored, and when the sweeper is to look at it; never for one at its end. */
export interface Played {
  readonly saga: StoredSaga;
  readonly dueInMs: number | undefined;
}

export interface Player {
  knows(definition: AnySaga): boolean;
  /** Moves a saga on and writes its effects; undefined when the event is none of its business. The caller has the saga's row, and stores it. */
  play(trx: Trx, before: StoredSaga, event: SagaEvent): Promise<Played | undefined>;
  /** Why a saga cannot be given up; undefined when it can. */
  whyNotGivenUp(saga: StoredSaga): ReturnType<typeof whyNotGivenUp>;
  /** The aggregate that the present step's command is about; undefined where nothing is to be sent. */
  subjectOf(saga: StoredSaga): string | undefined;
  /** The rest before a step that was sent again `attempts` times is sent once more. */
  dueInMs(attempts: number): number;
}

/** Below the 60 s in which every saga has to be at its end after healing (invariant I7). */
export const RETRY_CAP_MS = 30_000;

const runLocal = async (trx: Trx, { id, state }: StoredSaga, step: LocalStep<object>, direction: Direction): Promise<ReplyDraft> => {
  if (direction === 'undo') {
    await step.undo?.(trx, { id, state });
    return { outcome: 'DONE', data: undefined };
  }
  const result = await step.local(trx, { id, state });
  return isRefused(result) ? result : { outcome: 'DONE', data: result };
};

/** Plays `advance` against the database: local steps run, commands go to the outbox, ends are told. */
export const createPlayer = ({ outbox, sagas, log, metrics, retryAfterMs }: PlayerOptions): Player => {
  const definitions = new Map(sagas.map((definition) => [definition.name, definition]));
  const ended = metrics.counter({ name: 'onsale_sagas_ended_total', help: 'Sagas at their end', labels: ['saga', 'status'] });
  const dueInMs = (attempts: number): number => Math.min(RETRY_CAP_MS, retryAfterMs * 2 ** attempts) * (0.75 + Math.random() / 2);

  const definitionOf = ({ type, id }: StoredSaga): AnySaga => {
    const definition = definitions.get(type);
    if (definition === undefined) throw new Error(`saga ${id} is a ${type}, which this process does not know`);
    return definition;
  };

  /** Goes on through local steps, up to something that has to be waited for. */
  const throughLocalSteps = async (trx: Trx, before: StoredSaga, event: SagaEvent) => {
    const definition = definitionOf(before);
    let { saga, effect } = advance<object>(definition, before, event);
    while (effect.kind === 'run') {
      const { step, direction } = effect;
      const answer = await runLocal(trx, { ...before, ...saga }, definition.steps.get(step) as LocalStep<object>, direction);
      ({ saga, effect } = advance<object>(definition, saga, { kind: 'answered', step, direction, answer }));
    }
    const { id, status, step, state, failure } = saga;
    const fresh = { flag: undefined, attempts: 0, ...(failure === undefined ? {} : { failure }) };
    return { saga: { id, type: before.type, status, step, state, ...fresh } satisfies StoredSaga, effect };
  };

  const end = async (trx: Trx, saga: StoredSaga): Promise<void> => {
    const { id, state, status, step, type } = saga;
    const { ends } = definitionOf(saga);
    if (status === 'COMPLETED') await ends.completed?.(trx, { id, state });
    else await ends.compensated?.(trx, { id, state, failure: saga.failure ?? { step, code: 'INTERNAL' } });
    afterCommit(trx, () => ended.inc({ saga: type, status }));
  };

  return {
    knows: (definition) => definitions.get(definition.name) === definition,
    dueInMs,
    whyNotGivenUp: (saga) => whyNotGivenUp(definitionOf(saga), saga),
    subjectOf: (saga) => {
      const { effect } = advance<object>(definitionOf(saga), saga, { kind: 'overdue' });
      return effect.kind === 'send' ? effect.message.subject : undefined;
    },
    play: async (trx, before, event) => {
      const { saga, effect } = await throughLocalSteps(trx, before, event);
      switch (effect.kind) {
        case 'send':
          await outbox.add(trx, effect.message);
          return { saga, dueInMs: dueInMs(0) };
        case 'end':
          await end(trx, saga);
          return { saga, dueInMs: undefined };
        case 'stuck':
          log.error(
            { saga: saga.id, type: saga.type, step: saga.step, code: effect.code },
            'a saga is stuck: what cannot be refused was refused',
          );
          return { saga: { ...saga, flag: 'NEEDS_OPERATOR', attempts: before.attempts }, dueInMs: dueInMs(before.attempts) };
        case 'ignore':
          return undefined;
        default:
          return effect satisfies never;
      }
    },
  };
};
