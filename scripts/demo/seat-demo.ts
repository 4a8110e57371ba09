import { readSchedule } from '@onsale/contracts/reservation';
import { type Event, seatShopping } from '../load/shopper.ts';
import { closingTable } from './closing-table.ts';
import type { Demo } from './demo.ts';
import { type DemoSale, openDemoSale } from './open-demo-sale.ts';

interface SeatDemo {
  readonly members: number;
  readonly seats: number;
  /** Members inside at once, at most. */
  readonly cap: number;
}

/** Somebody who has just seen the seats wants one of the best, and so do some others. */
const PLAN = { favourites: 8, thinkMs: 400, operationMs: 60_000, repeatShare: 0.1 };

/** A concert of its own, sold behind a line; what is sold is counted in seats that are not free any more. */
export const seatDemo = ({ members, seats, cap }: SeatDemo = { members: 300, seats: 50, cap: 25 }): Demo<DemoSale, Event, number> => ({
  members,
  points: 0,
  plan: PLAN,
  open: (as) => openDemoSale({ ...as, seats, cap }),
  shoppingFor: (sale) => seatShopping(() => sale),
  soldOf: async ({ scheduleId }, { client }) => {
    const { total, available } = await client.call(readSchedule, { params: { id: scheduleId } });
    return total - available;
  },
  texts: {
    headline: ({ title }) => `${title}: ${members} members compete for ${seats} seats, at most ${cap} of them inside at once`,
    progress: ({ events, ended }) =>
      `  numbers ${events.number}   admitted ${events.admitted}   holds ${events.held} (lost ${events.lost})   paid ${events.paid} of ${seats}   gone ${ended} of ${members}`,
    closing: (over) => {
      const { events } = over.counts;
      return closingTable({
        ...over,
        title: over.sale.title,
        rows: [
          ['members', `${members}, at most ${cap} of them inside at once`],
          ['numbers', events.number],
          ['admitted', events.admitted],
          ['holds won', events.held],
          ['holds lost', `${events.lost}, to somebody faster`],
          ['paid', events.paid],
          'without',
          ['sold', `${over.sold} of ${seats} seats`],
        ],
      });
    },
    faults: ({ sold }) => (sold === seats ? [] : [`${sold} of ${seats} seats were sold`]),
    success: 'every seat was sold once.',
  },
});
