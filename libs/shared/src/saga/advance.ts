import type { CommandSpec } from '@onsale/contracts';
import type { ReplyDraft } from '../inbox/reply.ts';
import { commandOf, questionOf, type MessageDraft } from '../outbox/message-draft.ts';
import type { Failure, SagaDefinition, SendStep } from './definition.ts';

export type SagaStatus = 'RUNNING' | 'COMPENSATING' | 'COMPLETED' | 'COMPENSATED';

/**
 * RUNNING waits for the answer to what `step` does; COMPENSATING for the answer to its undo or, where `step` is the pivot, to the question
 * whether it was done. The other two are ends.
 */
export interface SagaProgress<S> {
  readonly id: string;
  readonly status: SagaStatus;
  readonly step: string;
  readonly state: S;
  readonly failure?: Failure;
}

export type Direction = 'do' | 'undo';

export type SagaEvent =
  | { readonly kind: 'started' }
  /** A reply from Kafka, or the result of a local step. */
  | { readonly kind: 'answered'; readonly step: string; readonly direction: Direction; readonly answer: ReplyDraft }
  /** No answer in time: ask again. */
  | { readonly kind: 'overdue' }
  /** An operator or a time limit wants it taken back. */
  | { readonly kind: 'given up'; readonly code: string; readonly detail?: string };

export type Effect =
  | { readonly kind: 'send'; readonly step: string; readonly direction: Direction; readonly message: MessageDraft }
  | { readonly kind: 'run'; readonly step: string; readonly direction: Direction }
  | { readonly kind: 'end'; readonly status: 'COMPLETED' | 'COMPENSATED' }
  /** Nobody can go on from here without a person: what was past the point of no return, or an undo, was refused. */
  | { readonly kind: 'stuck'; readonly code: string }
  /** Not what the saga waits for: a copy, or an answer that came too late. */
  | { readonly kind: 'ignore' };

export interface Advanced<S> {
  readonly saga: SagaProgress<S>;
  readonly effect: Effect;
}

const without = <S>({ failure: _, ...saga }: SagaProgress<S>): SagaProgress<S> => saga;

/**
 * What a saga does next: the whole of its logic, without a database. One effect at a time; a `run` is answered by an event of its own.
 * Forward through the steps; a refusal goes back from the step before it, in reverse order; past the pivot there is no way back.
 */
export const advance = <S extends object>(definition: SagaDefinition<S>, saga: SagaProgress<S>, event: SagaEvent): Advanced<S> => {
  const names = [...definition.steps.keys()];
  const stepOf = (index: number) => definition.steps.get(names[index]!)!;
  const isPivot = (index: number): boolean => index === definition.pivot;

  const send = (at: SagaProgress<S>, index: number, direction: Direction): Advanced<S> => {
    const step = stepOf(index) as SendStep<S, CommandSpec>;
    const { id, state } = at;
    const fields = { saga: id, step: names[index]!, subject: step.subject(state, id) };
    const messages = {
      do: () => commandOf(step.send, { ...fields, direction: 'do', data: step.data(state, id) }),
      ask: () => questionOf(step.send, { ...fields, data: step.data(state, id) }),
      undo: () => commandOf(step.undo!, { ...fields, direction: 'undo', data: (step.undoData ?? step.data)(state, id) }),
    };
    const message = messages[direction === 'do' ? 'do' : isPivot(index) ? 'ask' : 'undo']();
    return { saga: at, effect: { kind: 'send', step: names[index]!, direction, message } };
  };

  const act = (at: SagaProgress<S>, index: number, direction: Direction): Advanced<S> => {
    const step = names[index]!;
    const moved = { ...at, step };
    return stepOf(index).send === undefined ? { saga: moved, effect: { kind: 'run', step, direction } } : send(moved, index, direction);
  };

  const forward = (at: SagaProgress<S>, index: number): Advanced<S> =>
    index < names.length
      ? act({ ...without(at), status: 'RUNNING' }, index, 'do')
      : { saga: { ...without(at), status: 'COMPLETED' }, effect: { kind: 'end', status: 'COMPLETED' } };

  /** From `index` down, the first step that has something to take back. */
  const back = (at: SagaProgress<S>, index: number): Advanced<S> => {
    for (let i = index; i >= 0; i -= 1) {
      if (stepOf(i).undo !== undefined) return act({ ...at, status: 'COMPENSATING' }, i, 'undo');
    }
    return { saga: { ...at, status: 'COMPENSATED' }, effect: { kind: 'end', status: 'COMPENSATED' } };
  };

  const ignored: Advanced<S> = { saga, effect: { kind: 'ignore' } };
  const current = names.indexOf(saga.step);
  const asking = saga.status === 'COMPENSATING' && isPivot(current);

  const kept = (data: unknown): SagaProgress<S> => {
    const step = stepOf(current);
    const patch = step.send === undefined ? (data as Partial<S> | undefined) : step.keep?.(step.send.reply.parse(data) as never);
    return { ...saga, state: { ...saga.state, ...patch } };
  };

  const answered = ({ step, direction, answer }: Extract<SagaEvent, { kind: 'answered' }>): Advanced<S> => {
    const awaited = saga.status === 'RUNNING' ? direction === 'do' : asking || direction === 'undo';
    if (step !== saga.step || !awaited) return ignored;
    if (answer.outcome === 'DONE') {
      return saga.status === 'RUNNING' || asking ? forward(kept(answer.data), current + 1) : back(saga, current - 1);
    }
    const { code, detail } = answer;
    if (asking) return back(saga, current - 1);
    const tooLate = definition.pivot !== undefined && current > definition.pivot;
    if (saga.status === 'COMPENSATING' || tooLate) return { saga, effect: { kind: 'stuck', code } };
    return back({ ...saga, failure: { step, code, ...(detail === undefined ? {} : { detail }) } }, current - 1);
  };

  /** The step under way may have been done or not: its undo settles that, or for the pivot the question. */
  const givenUp = ({ code, detail }: Extract<SagaEvent, { kind: 'given up' }>): Advanced<S> => {
    if (saga.status !== 'RUNNING' || (definition.pivot !== undefined && current > definition.pivot)) return ignored;
    const failed = { ...saga, failure: { step: saga.step, code, ...(detail === undefined ? {} : { detail }) } };
    return isPivot(current) ? send({ ...failed, status: 'COMPENSATING' }, current, 'undo') : back(failed, current);
  };

  if (saga.status === 'COMPLETED' || saga.status === 'COMPENSATED') return ignored;
  switch (event.kind) {
    case 'started':
      return forward(saga, 0);
    case 'answered':
      return answered(event);
    case 'overdue':
      return send(saga, current, saga.status === 'RUNNING' ? 'do' : 'undo');
    case 'given up':
      return givenUp(event);
    default:
      return event satisfies never;
  }
};
