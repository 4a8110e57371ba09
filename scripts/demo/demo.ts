import type { Client } from '@onsale/contracts';
import type { CrowdCounts, CrowdJourney, Shopping } from '../load/crowd.ts';
import type { ShoppingPlan } from '../load/journey.ts';
import type { StepTimes } from '../load/step-times.ts';

/** As whom the demo acts where members cannot. */
export interface AsOperator {
  readonly client: Client;
  readonly operatorToken: string;
}

/** A sale to simulated members: `S` is what was put on sale, `E` how far a member may come, `F` what the shop says afterwards. */
export interface Demo<S, E extends string, F> {
  readonly members: number;
  /** In each member's wallet beforehand. */
  readonly points: number;
  readonly plan: Partial<ShoppingPlan>;
  /** Puts something of its own on sale. @throws CallProblem */
  readonly open: (as: AsOperator) => Promise<S>;
  readonly shoppingFor: (sale: S) => Shopping<E>;
  /** What has gone, as the shop says. @throws CallProblem */
  readonly soldOf: (sale: S, as: AsOperator) => Promise<F>;
  readonly texts: DemoTexts<S, E, F>;
}

/** What has become of the members, and of what was on sale. */
export interface Over<S, E extends string, F> {
  readonly sale: S;
  readonly members: number;
  readonly counts: CrowdCounts<E>;
  readonly journeys: readonly CrowdJourney[];
  readonly sold: F;
  readonly steps: ReturnType<StepTimes['summaries']>;
  readonly seconds: number;
}

export interface DemoTexts<S, E extends string, F> {
  readonly headline: (sale: S) => string;
  /** How far the members have come, on one line. */
  readonly progress: (counts: CrowdCounts<E>) => string;
  /** What became of everybody, and how long each step took. */
  readonly closing: (over: Over<S, E, F>) => string;
  /** What should not have come out so; nothing when all is well. */
  readonly faults: (over: Over<S, E, F>) => string[];
  /** The last line, when all is well. */
  readonly success: string;
}
