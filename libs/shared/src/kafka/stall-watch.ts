export interface Sample {
  /** Messages handled since the start. */
  readonly handled: number;
  /** Messages that wait in the partitions that are this member's. */
  readonly lag: number;
  /** A partition rests on purpose: an engine that the handler needs is away. */
  readonly resting: boolean;
  readonly atMs: number;
}

/**
 * Notices a consumer that is lost without a crash: messages wait, none is handled, and nothing rests with reason, for `limitMs`. Fed with samples,
 * it answers whether that is so by now.
 */
export const createStallWatch = ({ limitMs }: { readonly limitMs: number }) => {
  let last: Sample | undefined;
  let sinceMs: number | undefined;
  return (sample: Sample): boolean => {
    const moving = last === undefined || sample.handled !== last.handled || sample.lag === 0 || sample.resting;
    last = sample;
    if (moving) sinceMs = undefined;
    else sinceMs ??= sample.atMs;
    return sinceMs !== undefined && sample.atMs - sinceMs >= limitMs;
  };
};
