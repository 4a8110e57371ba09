import { setTimeout as rest } from 'node:timers/promises';
import type { Payment } from '@onsale/contracts/payment';
import type { QueueStatus, QueueToken } from '@onsale/contracts/queue';
import type { Reservation } from '@onsale/contracts/reservation';
import { newId } from '@onsale/shared/ids';
import { chooseSeats } from './choose-seats.ts';
import { createInsist } from './insist.ts';
import { createOperate, type Operated } from './operate.ts';
import type { OperationsJournal } from './operations-journal.ts';
import type { Outcome } from './outcome.ts';
import type { Step, StepTimes } from './step-times.ts';
import type { Visitor } from './visitor.ts';

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

export type Event = 'number' | 'admitted' | 'held' | 'lost' | 'paid';

export interface ShopperOptions {
  readonly visitor: Visitor;
  readonly sale: Sale;
  readonly journal: OperationsJournal;
  readonly times: StepTimes;
  readonly plan: ShoppingPlan;
  /** From [0, 1). */
  readonly random: () => number;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: Event) => void;
}

/** The least that a wallet takes at once, unless the shop is set otherwise (services/payment, ONSALE_CHARGE_MINIMUM). */
const LEAST_CHARGE = 1_000;
const USUAL_POLL_MS = 1_000;

/** Ends the journey from wherever it is. */
class JourneyOver extends Error {
  readonly journey: Journey;
  constructor(journey: Journey) {
    super(journey.end);
    this.journey = journey;
  }
}

/**
 * One member's way through the shop: a number, the wait, the seats, a hold, the points, the payment. Whatever happens, it comes to an end, and every
 * write is in the journal.
 */
export const createShopper = ({ visitor, sale, journal, times, plan, random, signal, onEvent = () => {} }: ShopperOptions) => {
  const { queueId, scheduleId } = sale;
  const insist = createInsist({ withinMs: plan.operationMs, random, ...(signal && { signal }) });
  const operate = createOperate({ visitor, insist, journal, random, repeatShare: plan.repeatShare });

  const over = (end: End, more: Omit<Journey, 'end'> = {}): never => {
    throw new JourneyOver({ end, ...more });
  };

  const pause = (ms: number): Promise<unknown> => rest(ms, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());

  /** The body of what was done; else the journey is over. */
  const must = <K extends 'enter' | 'charge' | 'pay'>(operated: Operated<K>) => {
    if (operated.is === 'done') return operated.body;
    return operated.is === 'unknown' ? over('unknown') : over('refused', { code: operated.code });
  };

  const reads = async <B>(ask: () => Promise<Outcome<B>>): Promise<B> => {
    const { last } = await insist(ask);
    if (last?.body !== undefined) return last.body;
    return last === undefined ? over('unknown') : over('refused', { code: last.code ?? String(last.status) });
  };

  const timed = async <T>(step: Step, take: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const result = await take();
    times.add(step, performance.now() - began);
    return result;
  };

  const takeNumber = async (): Promise<QueueToken> => {
    const ask = () => visitor.takesNumber(queueId) as Promise<Outcome<QueueToken>>;
    return must(await operate({ kind: 'enter', subject: { queueId }, ask }));
  };

  /** Waits for the turn, asking as often as it is told to. */
  const waitForTurn = async (entered: QueueStatus): Promise<void> => {
    const deadline = performance.now() + plan.turnMs;
    let standing = entered;
    while (standing.status === 'WAITING' || standing.status === 'PREQUEUE') {
      if (performance.now() > deadline) return over('gave up');
      await pause(standing.pollAfterMs ?? USUAL_POLL_MS);
      standing = await reads(() => visitor.status(queueId));
    }
    if (standing.status !== 'ADMITTED') return over('refused', { code: standing.status });
  };

  const choose = async (): Promise<readonly string[]> => {
    if (sale.seatIds !== undefined) return sale.seatIds;
    const { seats } = await timed('seats', () => reads(() => visitor.seesSeats(scheduleId)));
    const chosen = chooseSeats({ seats, count: plan.seats, favourites: plan.favourites, random });
    if (chosen.length === 0) over('sold out');
    return chosen;
  };

  const hold = async (): Promise<Reservation> => {
    for (let tries = 1; tries <= plan.holds; tries += 1) {
      const seatIds = await choose();
      if (plan.thinkMs > 0) await pause(plan.thinkMs * random());
      const idempotencyKey = newId();
      const began = performance.now();
      const ask = () => visitor.holds(scheduleId, seatIds, idempotencyKey);
      const held = await operate({ kind: 'hold', subject: { scheduleId, seatIds }, idempotencyKey, ask });
      if (held.is === 'unknown') return over('unknown');
      if (held.is === 'refused' && held.code !== 'SEAT_TAKEN') return over('refused', { code: held.code });
      times.add(held.is === 'done' ? 'hold' : 'lost hold', performance.now() - began);
      onEvent(held.is === 'done' ? 'held' : 'lost');
      if (held.is === 'done') return held.body;
    }
    return over('lost');
  };

  const charge = async (price: number): Promise<void> => {
    const amount = Math.max(LEAST_CHARGE, price);
    const idempotencyKey = newId();
    must(await operate({ kind: 'charge', subject: { amount }, idempotencyKey, ask: () => visitor.charges(amount, idempotencyKey) }));
  };

  /** Until it has ended, well or not. */
  const pay = async (reservationId: string): Promise<Payment> => {
    const idempotencyKey = newId();
    const ask = () => visitor.pays(reservationId, idempotencyKey);
    let payment = must(await operate({ kind: 'pay', subject: { reservationId }, idempotencyKey, ask }));
    const deadline = performance.now() + plan.operationMs;
    while (payment.status === 'PROCESSING') {
      if (performance.now() > deadline) return over('unknown', { paymentId: payment.id });
      await pause(USUAL_POLL_MS);
      payment = await reads(() => visitor.payment(payment.id));
    }
    return payment;
  };

  const buy = async ({ id, amount }: Reservation): Promise<Journey> => {
    if (plan.charges && amount > 0) await timed('charge', () => charge(amount));
    const { id: paymentId, status, code = status } = await timed('pay', () => pay(id));
    return status === 'COMPLETED' ? { end: 'paid', paymentId } : over('refused', { code, paymentId });
  };

  /** Gives back what somebody else could use; whether that goes well is no longer this member's concern. */
  const giveBack = async ({ reservationId, number }: { reservationId?: string; number?: number }): Promise<void> => {
    if (reservationId !== undefined)
      await operate({
        kind: 'release',
        subject: { reservationId },
        ask: () => visitor.releases(reservationId),
      });
    if (number !== undefined) await operate({ kind: 'leave', subject: { queueId, number }, ask: () => visitor.leaves(queueId) });
  };

  const journey = async (): Promise<Journey> => {
    const mine: { reservationId?: string; number?: number } = {};
    const began = performance.now();
    try {
      const entered = await timed('number', takeNumber);
      mine.number = entered.number;
      onEvent('number');
      await timed('turn', () => waitForTurn(entered));
      onEvent('admitted');
      const held = await hold();
      mine.reservationId = held.id;
      const bought = await buy(held);
      times.add('purchase', performance.now() - began);
      onEvent('paid');
      return bought;
    } catch (error) {
      if (!(error instanceof JourneyOver)) throw error;
      // of an outcome that nobody knows nothing is given back: the payment may go through yet
      if (error.journey.end !== 'unknown') await giveBack(mine);
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
