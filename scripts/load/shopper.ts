import { buySeats } from './buy-seats.ts';
import type { Shopping } from './crowd.ts';
import { holdSeats } from './hold-seats.ts';
import { type Journey, JourneyOver, type Sale } from './journey.ts';
import { createSteps, type Steps, type StepsOptions } from './steps.ts';
import { takeNumber, waitForTurn } from './wait-in-line.ts';

export { type End, type Journey, type Sale, type ShoppingPlan, usualPlan } from './journey.ts';

export type Event = 'number' | 'admitted' | 'held' | 'lost' | 'paid';

export interface ShopperOptions extends StepsOptions {
  readonly sale: Sale;
  readonly onEvent?: (event: Event) => void;
}

/** A crowd that comes for seats; `saleOf` says what the n-th member wants. */
export const seatShopping = (saleOf: (n: number) => Sale): Shopping<Event> => ({
  events: ['number', 'admitted', 'held', 'lost', 'paid'],
  shop: (n, options) => createShopper({ ...options, sale: saleOf(n) }).shop(),
});

/** What a member has of the shop before it has paid. */
interface Belongings {
  reservationId?: string;
  number?: number;
}

/** Gives back what somebody else could use; whether that goes well is no longer this member's concern. */
const giveBack = async ({ operate, visitor }: Steps, { queueId }: Sale, { reservationId, number }: Belongings): Promise<void> => {
  if (reservationId !== undefined)
    await operate({ kind: 'release', subject: { reservationId }, ask: () => visitor.releases(reservationId) });
  if (number !== undefined) await operate({ kind: 'leave', subject: { queueId, number }, ask: () => visitor.leaves(queueId) });
};

/**
 * One member's way through the shop: a number, the wait, the seats, a hold, the points, the payment. Whatever happens, it comes to an end, and every
 * write is in the journal.
 */
export const createShopper = ({ sale, onEvent = () => {}, ...options }: ShopperOptions) => {
  const steps = createSteps(options);
  const { times, signal } = options;

  const journey = async (): Promise<Journey> => {
    const mine: Belongings = {};
    try {
      const began = performance.now();
      const entered = await steps.timed('number', () => takeNumber(steps, sale));
      mine.number = entered.number;
      onEvent('number');
      await steps.timed('turn', () => waitForTurn(steps, sale, entered));
      onEvent('admitted');
      const held = await holdSeats(steps, sale, onEvent);
      mine.reservationId = held.id;
      const bought = await buySeats(steps, held);
      times.add('purchase', performance.now() - began);
      onEvent('paid');
      return bought;
    } catch (error) {
      if (!(error instanceof JourneyOver)) throw error;
      // of an outcome that nobody knows nothing is given back: the payment may go through yet
      if (error.journey.end !== 'unknown') await giveBack(steps, sale, mine);
      return error.journey;
    }
  };

  return {
    /** @throws whatever is neither an answer nor a failure of the wire */
    shop: async (): Promise<Journey> => {
      try {
        return await journey();
      } catch (error) {
        if (signal?.aborted === true) return { end: 'interrupted' };
        throw error;
      }
    },
  };
};
