export interface Sample {
  /** Messages handled since the start. */
  readonly handled: number;
  /** Messages that wait in the partitions that are this member's. */
  readonly lag: number;
  /** A partition rests on purpose: an engine that the handler needs is away. */
  readonly resting: boolean;
  readonly atMs: number;
}

export interface StallWatch {
  /** Whether the consumer is lost by now. */
  sees(sample: Sample): boolean;
  /** A look failed: what it would have seen is not known, and is held against nobody. */
  missed(): void;
}

export interface StallWatchOptions {
  readonly limitMs: number;
  /** Samples that lie further apart than this do not belong together: the looks between them were not taken (a process that stood still, say). */
  readonly gapMs: number;
}

/**
 * Notices a consumer that is lost without a crash: messages wait, none is handled, and nothing rests with reason, for `limitMs` in which all of that
 * was seen. Fed with samples, it answers whether that is so by now.
 */
export const createStallWatch = ({ limitMs, gapMs }: StallWatchOptions): StallWatch => {
  let last: Sample | undefined;
  let sinceMs: number | undefined;
  const missed = (): void => {
    last = undefined;
    sinceMs = undefined;
  };
  return {
    sees: (sample) => {
      if (last !== undefined && sample.atMs - last.atMs > gapMs) missed();
      const moving = last === undefined || sample.handled !== last.handled || sample.lag === 0 || sample.resting;
      last = sample;
      if (moving) sinceMs = undefined;
      else sinceMs ??= sample.atMs;
      return sinceMs !== undefined && sample.atMs - sinceMs >= limitMs;
    },
    missed,
  };
};
