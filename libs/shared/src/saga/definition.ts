import type { CommandSpec } from '@onsale/contracts';
import type { z } from 'zod';
import type { Trx } from '../db/index.ts';
import type { Refused } from '../inbox/reply.ts';

/** A saga as its steps see it. */
export interface SagaView<S> {
  readonly id: string;
  readonly state: S;
}

/** Why a saga goes back: the step that refused, or that was given up. */
export interface Failure {
  readonly step: string;
  readonly code: string;
  readonly detail?: string;
}

type DataOf<C> = C extends CommandSpec<infer D> ? z.input<D> : never;
type ReplyOf<C> = C extends CommandSpec<z.ZodType, infer R> ? z.output<R> : never;

/** A command to another service, or to this one; the saga goes on with its reply. */
export interface SendStep<S, C> {
  readonly send: C;
  /** The aggregate that the command is about: its Kafka key. */
  readonly subject: (state: S, id: string) => string;
  readonly data: (state: S, id: string) => DataOf<C>;
  /** What takes the step back: a command to the same subject. A step that changes nothing has none. */
  readonly undo?: CommandSpec;
  /** The undo's data; that of the command unless said. */
  readonly undoData?: (state: S, id: string) => unknown;
  /** What the later steps need of the reply. */
  readonly keep?: (reply: ReplyOf<C>) => Partial<S>;
  /** The point of no return: once done, the saga only goes forward. */
  readonly pivot?: true;
  /** Whether there is anything to do; asked when the saga comes to the step, which it passes over when there is not. Only for a step that is never taken back. */
  readonly when?: (state: S) => boolean;
  readonly local?: undefined;
}

/** A step in the orchestrator's own schema, in the transaction of the reply (or request) that brings the saga to it. */
export interface LocalStep<S> {
  /** Answers with what to keep, with nothing, or with `refused(code)`, having written nothing. An error is no answer: it rolls all back, and comes again. */
  readonly local: (trx: Trx, saga: SagaView<S>) => Promise<Partial<S> | Refused | void>;
  readonly undo?: (trx: Trx, saga: SagaView<S>) => Promise<void>;
  readonly pivot?: true;
  readonly when?: (state: S) => boolean;
  readonly send?: undefined;
}

export type Step<S, C = CommandSpec> = SendStep<S, C> | LocalStep<S>;

export interface SagaEnds<S> {
  /** In the transaction in which the last step ended. */
  readonly completed?: (trx: Trx, saga: SagaView<S>) => Promise<void>;
  /** In the transaction in which the last undo ended. */
  readonly compensated?: (trx: Trx, saga: SagaView<S> & { readonly failure: Failure }) => Promise<void>;
}

/** A saga of state `S`; `C` is the commands of its steps by their names, for those who rehearse it. */
export interface SagaDefinition<S, C = unknown> {
  readonly name: string;
  readonly steps: ReadonlyMap<string, Step<S>>;
  /** Index of the point of no return; absent, every step can be taken back. */
  readonly pivot: number | undefined;
  readonly ends: SagaEnds<S>;
  /** Only a type. */
  readonly commands?: C;
}

export type StepsOf<S, C> = { readonly [K in keyof C]: Step<S, C[K]> };

const NAME = /^[a-z][a-zA-Z0-9-]{0,39}$/;

const pivotOf = <S>(name: string, steps: readonly (readonly [string, Step<S>])[]): number | undefined => {
  const pivots = steps.flatMap(([, { pivot }], index) => (pivot === true ? [index] : []));
  if (pivots.length > 1) throw new Error(`${name} has two pivots`);
  const [pivot] = pivots;
  const optional = steps.find(([, { when, undo, pivot }]) => when !== undefined && (undo !== undefined || pivot === true));
  if (optional !== undefined)
    throw new Error(`${name}: ${optional[0]} cannot be passed over, as it may have to be taken back or asked about`);
  const late = steps.slice(pivot ?? steps.length).find(([, { undo }]) => undo !== undefined);
  if (late !== undefined) throw new Error(`${name}: ${late[0]} cannot be taken back, as nothing is after the pivot began`);
  return pivot;
};

/**
 * Declares a saga: its steps in their order, each with its undo beside it, then what happens at its ends. Curried, so that the type of each
 * reply is inferred from its step's command.
 * @throws Error for a name that cannot be part of a command's id, two pivots, an undo at or after the pivot, or a step to pass over that has an
 * undo or is the pivot
 */
export const saga =
  <S extends object>(name: string) =>
  <C>(steps: StepsOf<S, C>) => {
    const entries = Object.entries(steps) as [string, Step<S>][];
    for (const word of [name, ...entries.map(([step]) => step)]) {
      if (!NAME.test(word)) throw new Error(`${word} is not a name for a saga or a step`);
    }
    const pivot = pivotOf(name, entries);
    return {
      /** Declares what is done, in the saga's last transaction, when it is through or all taken back. */
      ends: (ends: SagaEnds<S>): SagaDefinition<S, C> => ({ name, steps: new Map(entries), pivot, ends }),
    };
  };
