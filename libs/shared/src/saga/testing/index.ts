import assert from 'node:assert/strict';
import type { Code, CommandSpec } from '@onsale/contracts';
import type { z } from 'zod';
import { newId } from '../../ids/index.ts';
import { refused, type Refused, type ReplyDraft } from '../../inbox/reply.ts';
import { questionType } from '../../outbox/message-draft.ts';
import { advance, type Advanced, type Effect, type SagaEvent, type SagaProgress } from '../advance.ts';
import type { SagaDefinition } from '../definition.ts';

type StepName<C> = keyof C & string;
type SendName<C> = { [K in StepName<C>]: C[K] extends CommandSpec ? K : never }[StepName<C>];
type ReplyData<C> = C extends CommandSpec<z.ZodType, infer R> ? z.input<R> : never;
type BySend<C, F> = { readonly [K in SendName<C>]: F };

/** What a script expects of a saga after an event; made by `rehearse`. */
export type Expected = Readonly<Record<string, unknown>> & { readonly what: string };

export interface Script {
  /** Says what the saga does now, all of it and in this order. @throws AssertionError */
  leadsTo(...expected: readonly Expected[]): Script;
  when(event: SagaEvent): Script;
}

export interface Rehearsal<S, C> {
  /** A new saga. `results` are the answers of local steps (what to keep, or `refused(code)`); without one a step keeps nothing. */
  readonly given: (state: S, results?: { readonly [K in StepName<C>]?: Partial<S> | Refused }) => Script;
  readonly reply: { readonly [K in SendName<C>]: (data: ReplyData<C[K]>) => SagaEvent };
  readonly refusal: BySend<C, (code: Code) => SagaEvent>;
  /** The answer to a step's undo. */
  readonly undone: BySend<C, () => SagaEvent>;
  /** The answers to the question about a pivot. */
  readonly wasDone: { readonly [K in SendName<C>]: (data: ReplyData<C[K]>) => SagaEvent };
  readonly wasNotDone: BySend<C, () => SagaEvent>;
  /** No answer in time. */
  readonly silence: SagaEvent;
  readonly givenUp: (code: string) => SagaEvent;
  /** A step's command; its data is compared when it is given. */
  readonly sends: (step: SendName<C>, data?: object) => Expected;
  /** A local step. */
  readonly runs: (step: StepName<C>) => Expected;
  readonly undoes: (step: StepName<C>) => Expected;
  readonly asks: (step: SendName<C>) => Expected;
  readonly completes: (state?: S) => Expected;
  readonly compensates: (code?: string) => Expected;
  readonly isStuck: () => Expected;
}

const describe = (effect: Effect, { steps }: SagaDefinition<never>): Expected[] => {
  switch (effect.kind) {
    case 'send': {
      const { step, direction, message } = effect;
      const spec = steps.get(step)?.send;
      if (direction === 'do') return [{ what: 'sends', step, data: message.data }];
      return [{ what: spec !== undefined && message.type === questionType(spec) ? 'asks' : 'undoes', step }];
    }
    case 'run':
      return [{ what: effect.direction === 'do' ? 'runs' : 'undoes', step: effect.step }];
    case 'end':
      return [{ what: effect.status }];
    case 'stuck':
      return [{ what: 'stuck' }];
    case 'ignore':
      return [];
    default:
      return effect satisfies never;
  }
};

const answered = (step: string, direction: 'do' | 'undo', answer: ReplyDraft): SagaEvent => ({ kind: 'answered', step, direction, answer });

/** One event builder a step, by its name. */
const byStep = (make: (step: string) => unknown): never => new Proxy({}, { get: (_, step) => make(String(step)) }) as never;

/** Only what the script says is compared. */
const matching = (happened: readonly Expected[], expected: readonly Expected[]): Expected[] =>
  happened.map((one, index) => {
    const names = Object.keys(expected[index] ?? one);
    return Object.fromEntries(Object.entries(one).filter(([name]) => names.includes(name))) as Expected;
  });

/**
 * Plays a saga's definition without engines: events in, effects out, local steps answered by the script.
 * `given(purchase).leadsTo(sends('lock')).when(reply.lock({ amount: 2000 })).leadsTo(runs('debit'), sends('confirm'))`
 */
export const rehearse = <S extends object, C>(definition: SagaDefinition<S, C>): Rehearsal<S, C> => {
  const play = (saga: SagaProgress<S>, event: SagaEvent, results: Readonly<Record<string, unknown>>) => {
    const happened: Expected[] = [];
    let next: Advanced<S> = advance(definition as SagaDefinition<S>, saga, event);
    for (;;) {
      happened.push(...describe(next.effect, definition as SagaDefinition<never>));
      if (next.effect.kind !== 'run') break;
      const { step, direction } = next.effect;
      const result = direction === 'do' ? results[step] : undefined;
      const isRefusal = (result as Refused | undefined)?.outcome === 'REFUSED';
      next = advance(
        definition as SagaDefinition<S>,
        next.saga,
        answered(step, direction, isRefusal ? (result as Refused) : { outcome: 'DONE', data: result }),
      );
    }
    const end = happened.at(-1);
    if (end?.what === 'COMPLETED') Object.assign(end, { state: next.saga.state });
    if (end?.what === 'COMPENSATED') Object.assign(end, { code: next.saga.failure?.code });
    return { saga: next.saga, happened };
  };

  const scriptOf = (saga: SagaProgress<S>, happened: readonly Expected[], results: Readonly<Record<string, unknown>>): Script => ({
    leadsTo: (...expected) => {
      assert.deepEqual(matching(happened, expected), expected);
      return scriptOf(saga, happened, results);
    },
    when: (event) => {
      const played = play(saga, event, results);
      return scriptOf(played.saga, played.happened, results);
    },
  });

  return {
    given: (state, results = {}) => {
      const fresh: SagaProgress<S> = { id: newId(), status: 'RUNNING', step: '', state };
      const { saga, happened } = play(fresh, { kind: 'started' }, results);
      return scriptOf(saga, happened, results);
    },
    reply: byStep((step) => (data: unknown) => answered(step, 'do', { outcome: 'DONE', data })),
    refusal: byStep((step) => (code: Code) => answered(step, 'do', refused(code))),
    undone: byStep((step) => () => answered(step, 'undo', { outcome: 'DONE', data: {} })),
    wasDone: byStep((step) => (data: unknown) => answered(step, 'undo', { outcome: 'DONE', data })),
    wasNotDone: byStep((step) => () => answered(step, 'undo', refused('INTERNAL'))),
    silence: { kind: 'overdue' },
    givenUp: (code) => ({ kind: 'given up', code }),
    sends: (step, data) => ({ what: 'sends', step, ...(data === undefined ? {} : { data }) }),
    runs: (step) => ({ what: 'runs', step }),
    undoes: (step) => ({ what: 'undoes', step }),
    asks: (step) => ({ what: 'asks', step }),
    completes: (state) => ({ what: 'COMPLETED', ...(state === undefined ? {} : { state }) }),
    compensates: (code) => ({ what: 'COMPENSATED', ...(code === undefined ? {} : { code }) }),
    isStuck: () => ({ what: 'stuck' }),
  };
};
