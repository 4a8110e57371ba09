import type { Ending, Place, Standing } from '../places/place.ts';

/** How a lane moves: what a wait is reckoned from. */
export interface Pace {
  readonly lane: string;
  /** In that lane. */
  readonly waiting: number;
  /** Admissions a second, smoothed over about a minute. */
  readonly rate: number;
}

/** Where a place stands, with the pace of its lane. `undefined`: this Redis does not know it. */
export interface Found<S> {
  readonly standing: S;
  /** Of who waits. */
  readonly pace: Pace | undefined;
}

/** What became of somebody who asked for a place. */
export type Entry =
  | {
      readonly outcome: 'NEW' | 'SAME';
      readonly number: number;
      /** Where it waits: the one that was asked for, or the granted one that it has already. */
      readonly lane: string;
      readonly standing: Standing;
      readonly pace: Pace;
      /** In all lanes. */
      readonly waiting: number;
      readonly admitted: number;
    }
  /** The member owns a number that this Redis does not know: the journal has to be asked. */
  | { readonly outcome: 'UNSURE'; readonly number: number; readonly lane: string }
  | { readonly outcome: 'FULL' }
  | { readonly outcome: 'UNMARKED' };

/** What the journal has decided of a place. `seen`: its owner knows of the admission, so it is not watched for a no-show. */
export type Decision = Place & ({ readonly admittedUntilMs: number; readonly seen?: boolean } | { readonly ending: Ending });

/** How many are in the room. */
export interface Counters {
  /** In all lanes. */
  readonly waiting: number;
  readonly admitted: number;
  readonly lanes: readonly { readonly name: string; readonly waiting: number }[];
}

/** The room as operators see it. */
export interface Figures {
  readonly admitted: number;
  /** Of the admitted, those whose owners have not come yet. */
  readonly notSeen: number;
  readonly lanes: readonly {
    readonly name: string;
    readonly waiting: number;
    readonly passedOver: number;
    readonly admissionsPerSecond: number;
  }[];
}

/** The heads of all lanes. */
export interface Head {
  readonly lastNumber: number;
  /** In all lanes. */
  readonly waiting: number;
  /** The first of each lane that somebody may wait in, in their order. */
  readonly lanes: readonly { readonly name: string; readonly first: readonly Place[] }[];
}
