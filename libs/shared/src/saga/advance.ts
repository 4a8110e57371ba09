import type { CommandSpec } from '@onsale/contracts';
import type { ReplyDraft } from '../inbox/reply.ts';
import { commandOf, questionOf, type MessageDraft } from '../outbox/message-draft.ts';
import type { Failure, SagaDefinition, SendStep, Step } from './definition.ts';

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

type Asked<S> = { readonly definition: SagaDefinition<S>; readonly saga: SagaProgress<S> };

const namesOf = <S>(definition: SagaDefinition<S>): string[] => [...definition.steps.keys()];
const stepAt = <S>(definition: SagaDefinition<S>, index: number): Step<S> => [...definition.steps.values()][index]!;
const indexOf = <S>({ definition, saga }: Asked<S>): number => namesOf(definition).indexOf(saga.step);
const isPivot = <S>({ definition, saga }: Asked<S>): boolean =>
  definition.pivot !== undefined && indexOf({ definition, saga }) === definition.pivot;
const isPastPivot = <S>({ definition, saga }: Asked<S>): boolean =>
  definition.pivot !== undefined && indexOf({ definition, saga }) > definition.pivot;
/** Going back, a saga asks about its pivot instead of undoing it. */
const isAsking = <S>(asked: Asked<S>): boolean => asked.saga.status === 'COMPENSATING' && isPivot(asked);

const ignored = <S>(saga: SagaProgress<S>): Advanced<S> => ({ saga, effect: { kind: 'ignore' } });

const messageOf = <S>(step: SendStep<S, CommandSpec>, asked: Asked<S>): MessageDraft => {
  const { id, state, step: name, status } = asked.saga;
  const fields = { saga: id, step: name, subject: step.subject(state, id) };
  if (status === 'RUNNING') return commandOf(step.send, { ...fields, direction: 'do', data: step.data(state, id) });
  if (isAsking(asked)) return questionOf(step.send, { ...fields, data: step.data(state, id) });
  if (step.undo === undefined) throw new Error(`${name} has no undo`);
  return commandOf(step.undo, { ...fields, direction: 'undo', data: (step.undoData ?? step.data)(state, id) });
};

/** What the saga's present step asks for: its command, or its turn in the orchestrator's own schema. */
const act = <S>({ definition, saga }: Asked<S>): Advanced<S> => {
  const step = definition.steps.get(saga.step)!;
  const direction = saga.status === 'RUNNING' ? 'do' : 'undo';
  if (step.send === undefined) return { saga, effect: { kind: 'run', step: saga.step, direction } };
  return { saga, effect: { kind: 'send', step: saga.step, direction, message: messageOf(step, { definition, saga }) } };
};

/** To the first step from `index` on that there is anything to do for. */
const forward = <S>({ definition, saga }: Asked<S>, index: number): Advanced<S> => {
  const { failure: _forgotten, ...going } = saga;
  const step = namesOf(definition).find((_, at) => at >= index && stepAt(definition, at).when?.(saga.state) !== false);
  if (step === undefined) return { saga: { ...going, status: 'COMPLETED' }, effect: { kind: 'end', status: 'COMPLETED' } };
  return act({ definition, saga: { ...going, status: 'RUNNING', step } });
};

/** From `index` down, the first step that has something to take back. */
const back = <S>({ definition, saga }: Asked<S>, index: number): Advanced<S> => {
  const step = namesOf(definition).findLast((_, at) => at <= index && stepAt(definition, at).undo !== undefined);
  if (step === undefined) return { saga: { ...saga, status: 'COMPENSATED' }, effect: { kind: 'end', status: 'COMPENSATED' } };
  return act({ definition, saga: { ...saga, status: 'COMPENSATING', step } });
};

const keep = <S extends object>({ definition, saga }: Asked<S>, data: unknown): SagaProgress<S> => {
  const step = definition.steps.get(saga.step)!;
  const patch = step.send === undefined ? (data as Partial<S> | undefined) : step.keep?.(step.send.reply.parse(data));
  return { ...saga, state: { ...saga.state, ...patch } };
};

const failed = <S>(saga: SagaProgress<S>, { code, detail }: { code: string; detail?: string }): SagaProgress<S> => ({
  ...saga,
  failure: { step: saga.step, code, ...(detail === undefined ? {} : { detail }) },
});

const answered = <S extends object>(
  asked: Asked<S>,
  { step, direction, answer }: Extract<SagaEvent, { kind: 'answered' }>,
): Advanced<S> => {
  const { definition, saga } = asked;
  const goingOn = saga.status === 'RUNNING' || isAsking(asked);
  const awaited = isAsking(asked) || direction === (saga.status === 'RUNNING' ? 'do' : 'undo');
  if (step !== saga.step || !awaited) return ignored(saga);
  const index = indexOf(asked);
  if (answer.outcome === 'DONE') {
    return goingOn ? forward({ definition, saga: keep(asked, answer.data) }, index + 1) : back(asked, index - 1);
  }
  if (isAsking(asked)) return back(asked, index - 1);
  if (saga.status === 'COMPENSATING' || isPastPivot(asked)) return { saga, effect: { kind: 'stuck', code: answer.code } };
  return back({ definition, saga: failed(saga, answer) }, index - 1);
};

/** Why a saga cannot be given up; undefined when it can. */
export const whyNotGivenUp = <S>(
  definition: SagaDefinition<S>,
  saga: SagaProgress<S>,
): 'over' | 'going back' | 'past the pivot' | undefined => {
  switch (saga.status) {
    case 'COMPLETED':
    case 'COMPENSATED':
      return 'over';
    case 'COMPENSATING':
      return 'going back';
    case 'RUNNING':
      return isPastPivot({ definition, saga }) ? 'past the pivot' : undefined;
    default:
      return saga.status satisfies never;
  }
};

/** The step under way may have been done or not: its undo settles that, or for the pivot the question. */
const givenUp = <S>(asked: Asked<S>, reason: Extract<SagaEvent, { kind: 'given up' }>): Advanced<S> => {
  const { definition, saga } = asked;
  if (whyNotGivenUp(definition, saga) !== undefined) return ignored(saga);
  const given = { definition, saga: failed(saga, reason) };
  return isPivot(asked) ? act({ definition, saga: { ...given.saga, status: 'COMPENSATING' } }) : back(given, indexOf(asked));
};

/**
 * What a saga does next: the whole of its logic, without a database. One effect at a time; a `run` is answered by an event of its own.
 * Forward through the steps; a refusal goes back from the step before it, in reverse order; past the pivot there is no way back.
 */
export const advance = <S extends object>(definition: SagaDefinition<S>, saga: SagaProgress<S>, event: SagaEvent): Advanced<S> => {
  if (saga.status === 'COMPLETED' || saga.status === 'COMPENSATED') return ignored(saga);
  const asked = { definition, saga };
  switch (event.kind) {
    case 'started':
      return forward(asked, 0);
    case 'answered':
      return answered(asked, event);
    case 'overdue':
      return act(asked);
    case 'given up':
      return givenUp(asked, event);
    default:
      return event satisfies never;
  }
};
