import { Refusal } from '../errors/index.ts';

/** All places in the waiting line are taken: better a "no" now than an answer that comes after the client has gone. */
export class Overloaded extends Refusal {
  constructor(what: string) {
    super('OVERLOADED', `Too many ${what} at once. Ask again in a moment.`, { retryAfterSeconds: 2 });
  }
}

/** The client went away, or the time was up, while the work was still waiting for a turn: nothing of it was done. */
export class GaveUp extends Refusal {
  constructor(what: string) {
    super('OVERLOADED', `Given up while waiting behind other ${what}. Ask again in a moment.`, { retryAfterSeconds: 2 });
  }
}

export interface Turns {
  /** Runs the work when its turn comes, first come first served. @throws Overloaded at once when the line is full; GaveUp on `signal` */
  take<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** How many wait. */
  waiting(): number;
}

export interface TurnsOptions {
  /** The pieces of work, in the plural, for whoever is refused. */
  readonly what: string;
  readonly atOnce: number;
  readonly waiting: number;
}

/** Lets at most `atOnce` pieces of work run at the same time and at most `waiting` more stand in line. */
export const createTurns = ({ what, atOnce, waiting: places }: TurnsOptions): Turns => {
  const line = new Set<() => void>();
  let running = 0;

  const myTurn = (signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      if (line.size >= places) return reject(new Overloaded(what));
      const begin = (): void => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        line.delete(begin);
        reject(new GaveUp(what));
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      line.add(begin);
    });

  /** The place of who is done goes to the next in line without ever being free, so that nobody can push in. */
  const next = (): void => {
    const [first] = line;
    if (first === undefined) running -= 1;
    else {
      line.delete(first);
      first();
    }
  };

  return {
    waiting: () => line.size,
    take: async (work, signal) => {
      if (signal?.aborted === true) throw new GaveUp(what);
      if (running < atOnce) running += 1;
      else await myTurn(signal);
      try {
        return await work();
      } finally {
        next();
      }
    },
  };
};
