import type { Reservation } from '@onsale/contracts/reservation';
import { newId } from '@onsale/shared/ids';
import { chooseSeats } from './choose-seats.ts';
import { over, type Sale } from './journey.ts';
import type { Steps } from './steps.ts';

const choose = async ({ visitor, plan, random, reads, timed }: Steps, sale: Sale): Promise<readonly string[]> => {
  if (sale.seatIds !== undefined) return sale.seatIds;
  const { seats } = await timed('seats', () => reads(() => visitor.seesSeats(sale.scheduleId)));
  const chosen = chooseSeats({ seats, count: plan.seats, favourites: plan.favourites, random });
  return chosen.length === 0 ? over('sold out') : chosen;
};

/** Holds seats, others when somebody was faster, each time by a key of its own. @throws JourneyOver */
export const holdSeats = async (steps: Steps, sale: Sale, onHold: (event: 'held' | 'lost') => void): Promise<Reservation> => {
  const { visitor, plan, random, operate, pause, times } = steps;
  const { scheduleId } = sale;
  for (let tries = 1; tries <= plan.holds; tries += 1) {
    const seatIds = await choose(steps, sale);
    if (plan.thinkMs > 0) await pause(plan.thinkMs * random());
    const idempotencyKey = newId();
    const began = performance.now();
    const ask = () => visitor.holds(scheduleId, seatIds, idempotencyKey);
    const held = await operate({ kind: 'hold', subject: { scheduleId, seatIds }, idempotencyKey, ask });
    if (held.is === 'unknown') return over('unknown');
    if (held.is === 'refused' && held.code !== 'SEAT_TAKEN') return over('refused', { code: held.code });
    times.add(held.is === 'done' ? 'hold' : 'lost hold', performance.now() - began);
    onHold(held.is === 'done' ? 'held' : 'lost');
    if (held.is === 'done') return held.body;
  }
  return over('lost');
};
