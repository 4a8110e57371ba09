/** A sentence that must be true of the stores, and what contradicts it. */
export interface Finding {
  /** Which of the fleet's invariants it belongs to: `I1` (docs/operations.md lists them). */
  readonly invariant: string;
  readonly says: string;
  readonly violations: number;
  /** The first ten, by ids that can be looked up. */
  readonly offenders: readonly string[];
}

/** Most offenders that a finding names. */
export const NAMED = 10;
