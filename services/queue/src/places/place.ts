/** A member's place in a line: its number, the hash of the member (`memberHash`) that it was given to, its lane, and what orders it there (`scoreOf`). */
export interface Place {
  readonly number: number;
  readonly member: string;
  readonly lane: string;
  readonly score: number;
}

/** How a place can end. The first end stays. */
export type Ending = 'EXPIRED' | 'COMPLETED' | 'LEFT' | 'REVOKED';

/** Where a place stands. Positions are ranks from 1; times are milliseconds since 1970. */
export type Standing =
  /** `unsure`: the journal could not be asked, so it may be inside. */
  | { readonly state: 'WAITING'; readonly position?: number; readonly unsure?: true }
  /** Until the journal has ended it; `remainingMs` is 0 when it is about to. */
  | { readonly state: 'ADMITTED'; readonly untilMs: number; readonly remainingMs: number }
  | { readonly state: 'ENDED'; readonly ending: Ending }
  /** Waited longer than a token lives. */
  | { readonly state: 'OVER' };

/** The lane of whoever was granted no other. */
export const STANDARD_LANE = 'standard';

/** Whether a number is of an epoch that an operator has ended. The number says so, whoever signed its token and when. */
export const isVoid = ({ firstNumber }: { readonly firstNumber: number }, number: number): boolean => number < firstNumber;

/**
 * When a number was given out, in seconds since 1970: numbers are microseconds since its origin. So a token says the same whenever it is
 * signed, and its life can be judged by its number alone.
 */
export const issuedAt = (epochMs: number, number: number): number => Math.floor(epochMs / 1000 + number / 1_000_000);
