import { summaryOf, type Summary } from './latencies.ts';

/**
 * In the order of a journey. `turn` is the wait in the line; `lost hold` was answered SEAT_TAKEN, `no coupon` COUPON_SOLD_OUT, `too late` OUT_OF_STOCK;
 * `purchase` is the whole way from asking for a number, or for a coupon, to owning what was bought.
 */
export const steps = [
  'number',
  'turn',
  'seats',
  'hold',
  'lost hold',
  'charge',
  'pay',
  'coupon',
  'no coupon',
  'order',
  'too late',
  'purchase',
] as const;
export type Step = (typeof steps)[number];

export interface StepTimes {
  /** `ms` is the time over all attempts, rests between them too. */
  readonly add: (step: Step, ms: number) => void;
  /** Of the steps that anybody took. */
  readonly summaries: () => ({ readonly step: Step } & Summary)[];
}

/** Milliseconds that each step took each time. */
export const createStepTimes = (): StepTimes => {
  const times = new Map<Step, number[]>(steps.map((step) => [step, []]));
  return {
    add: (step, ms) => void times.get(step)?.push(ms),
    summaries: () => steps.map((step) => ({ step, ...summaryOf(times.get(step) ?? []) })).filter(({ count }) => count > 0),
  };
};
