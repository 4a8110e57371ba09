import { setTimeout as rest } from 'node:timers/promises';
import type { Kind } from './final-read.ts';
import { createInsist } from './insist.ts';
import { over, type ShoppingPlan } from './journey.ts';
import { createOperate, type Operate, type Operated } from './operate.ts';
import type { OperationsJournal } from './operations-journal.ts';
import type { Outcome } from './outcome.ts';
import type { Step, StepTimes } from './step-times.ts';
import type { Visitor } from './visitor.ts';

export interface StepsOptions {
  readonly visitor: Visitor;
  readonly journal: OperationsJournal;
  readonly times: StepTimes;
  readonly plan: ShoppingPlan;
  /** From [0, 1). */
  readonly random: () => number;
  readonly signal?: AbortSignal;
}

/** What the steps of a journey are made of. */
export interface Steps extends StepsOptions {
  readonly operate: Operate;
  /** A read, asked until it is answered. @throws JourneyOver when it is refused, or never answered */
  readonly reads: <B>(ask: () => Promise<Outcome<B>>) => Promise<B>;
  /** Adds how long it took, when it came to its end. */
  readonly timed: <T>(step: Step, take: () => Promise<T>) => Promise<T>;
  /** @throws the signal's reason */
  readonly pause: (ms: number) => Promise<unknown>;
}

/** What was done. @throws JourneyOver when it was not, or nobody knows */
export const must = <K extends Kind>(operated: Operated<K>) => {
  if (operated.is === 'done') return operated.body;
  return operated.is === 'unknown' ? over('unknown') : over('refused', { code: operated.code });
};

/** Operations, reads, rests and times of one member's journey, by its plan. */
export const createSteps = (options: StepsOptions): Steps => {
  const { visitor, journal, times, plan, random, signal } = options;
  const insist = createInsist({ withinMs: plan.operationMs, random, ...(signal && { signal }) });
  return {
    ...options,
    operate: createOperate({ visitor, insist, journal, random, repeatShare: plan.repeatShare }),
    reads: async (ask) => {
      const { last } = await insist(ask);
      if (last?.body !== undefined) return last.body;
      return last === undefined ? over('unknown') : over('refused', { code: last.code ?? String(last.status) });
    },
    timed: async (step, take) => {
      const began = performance.now();
      const result = await take();
      times.add(step, performance.now() - began);
      return result;
    },
    pause: (ms) => rest(ms, undefined, signal && { signal }).catch(() => signal?.throwIfAborted()),
  };
};
