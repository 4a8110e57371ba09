/** What is on sale, and where the line for it is. */
export interface Sale {
  readonly queueId: string;
  readonly scheduleId: string;
  /** The member wants these and no others, without looking at the seats; left out, it sees what is free and chooses. */
  readonly seatIds?: readonly string[];
}

export interface ShoppingPlan {
  /** How many seats a member wants. */
  readonly seats: number;
  /** Holds that a member tries for before it goes home. */
  readonly holds: number;
  /** How many of the first free seats anybody wants. */
  readonly favourites: number;
  /** A member looks at the seats for up to so long before it asks for some. */
  readonly thinkMs: number;
  /** Whether a member charges what its seats cost; else it has points. */
  readonly charges: boolean;
  /** How long each operation and each read is asked for until it is answered; an attempt under way then is waited for. */
  readonly operationMs: number;
  /** The longest wait in the line. */
  readonly turnMs: number;
  /** The share of keyed operations that are sent once more after they were answered, by the same key: the answer has to be the same (I10). */
  readonly repeatShare: number;
}

export const usualPlan: ShoppingPlan = {
  seats: 1,
  holds: 5,
  favourites: Infinity,
  thinkMs: 0,
  charges: true,
  operationMs: 30_000,
  turnMs: 600_000,
  repeatShare: 0,
};

/** `gave up`: waited for longer than the plan says. `unknown`: not even the final read had an answer. `interrupted`: by the signal. */
export type End = 'paid' | 'sold out' | 'lost' | 'refused' | 'gave up' | 'unknown' | 'interrupted';

export interface Journey {
  readonly end: End;
  /** Why it was refused. */
  readonly code?: string;
  readonly paymentId?: string;
}

/** Ends the journey from wherever it is. */
export class JourneyOver extends Error {
  readonly journey: Journey;
  constructor(journey: Journey) {
    super(`the journey ends: ${journey.end}`);
    this.name = 'JourneyOver';
    this.journey = journey;
  }
}

/** @throws JourneyOver */
export const over = (end: End, more: Omit<Journey, 'end'> = {}): never => {
  throw new JourneyOver({ end, ...more });
};
