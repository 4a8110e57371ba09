/** Admissions of one tick at most: one INSERT, one script, each a few milliseconds. */
export const TICK_MOST = 1000;

export interface Slots {
  readonly cap: number | undefined;
  /** Admitted now. */
  readonly live: number;
  readonly admitPerSecond: number | undefined;
  /** Of the token bucket, when it was last written. */
  readonly allowance: number;
  /** Since then. */
  readonly elapsedMs: number;
}

/**
 * How many may be admitted now: the free slots, bounded by the token bucket (which holds one second's
 * admissions, and one that is coming together: so a tick within a second of the last loses nothing) and by
 * `TICK_MOST`. A cap below the number of the admitted drains. `most` is how many it were with all slots free; `allowance` the bucket before any
 * are taken out of it.
 */
export const admissible = ({
  cap,
  live,
  admitPerSecond,
  allowance,
  elapsedMs,
}: Slots): { count: number; most: number; allowance: number } => {
  const free = cap === undefined ? TICK_MOST : Math.max(0, cap - live);
  if (admitPerSecond === undefined) return { count: Math.min(free, TICK_MOST), most: TICK_MOST, allowance: 0 };
  const filled = Math.min(admitPerSecond + 1, allowance + (admitPerSecond * elapsedMs) / 1000);
  const most = Math.min(TICK_MOST, Math.floor(filled));
  return { count: Math.min(free, most), most, allowance: filled };
};
