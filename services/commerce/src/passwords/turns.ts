import { Refusal } from '@onsale/shared/errors';

/** All places in the waiting line are taken: better a "no" now than an answer that comes after the client has gone. */
export class Overloaded extends Refusal {
  constructor() {
    super('OVERLOADED', 'Too many sign-ins and sign-ups at once. Ask again in a moment.', { retryAfterSeconds: 2 });
  }
}

/** The client went away, or its time was up, while its work was still waiting for a turn: nobody is left to hear this. */
export class GaveUp extends Refusal {
  constructor() {
    super('OVERLOADED', 'Given up while waiting for a turn.');
  }
}

export interface Turns {
  /** Runs the work when its turn comes, first come first served. @throws Overloaded at once when the line is full; GaveUp on `signal` */
  take<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** How many wait. */
  waiting(): number;
}

/** Lets at most `atOnce` pieces of work run at the same time and at most `waiting` more stand in line. */
export const createTurns = ({ atOnce, waiting: places }: { atOnce: number; waiting: number }): Turns => {
  const line = new Set<() => void>();
  let running = 0;

  const myTurn = (signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve, reject) => {
      if (line.size >= places) return reject(new Overloaded());
      const begin = (): void => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        line.delete(begin);
        reject(new GaveUp());
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
      if (signal?.aborted === true) throw new GaveUp();
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
