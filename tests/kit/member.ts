import { setTimeout as rest } from 'node:timers/promises';
import type { QueueStatus } from '@onsale/contracts/queue';
import { newId } from '@onsale/shared/ids';
import { createVisitor, type Visitor, type VisitorOptions } from '../../scripts/load/visitor.ts';
import { insisted } from './outcome.ts';

const ADMITTED_WITHIN_MS = 60_000;
/** As often as the line says, but so much at least: it says to crowds what a test need not wait for. */
const MOST_REST_MS = 250;
/** Each waits ten seconds for the end. */
const MOST_WAITS = 6;

const toItsEnd = async <O extends { readonly is: string }>(ask: () => Promise<O>): Promise<O> => {
  for (let waits = 1; ; waits += 1) {
    const outcome = await ask();
    if (waits === MOST_WAITS || outcome.is !== '202') return outcome;
  }
};

/** A member who acts through the gateway: a visitor of the load client who holds on (`insisted`), and can wait for the turn. */
export const createMember = (options: Omit<VisitorOptions, 'asking'>) => {
  const visitor = createVisitor({ ...options, asking: insisted });
  return {
    ...visitor,
    /** The same member, who shows the same token and takes the first answer, whatever it is. */
    once: (): Visitor => {
      const hasty = createVisitor(options);
      hasty.shows(visitor.token());
      return hasty;
    },
    /** Takes a number and waits for the turn. */
    isAdmitted: async (queueId: string): Promise<QueueStatus> => {
      const entered = await visitor.takesNumber(queueId);
      if (entered.body === undefined) throw new Error(`no number: ${entered.is}`);
      let seen: { readonly is: string; readonly body?: QueueStatus } = entered;
      const deadline = performance.now() + ADMITTED_WITHIN_MS;
      for (let restMs = 25; performance.now() < deadline; restMs = Math.min(MOST_REST_MS, 2 * restMs)) {
        seen = await visitor.status(queueId);
        if (seen.body?.status === 'ADMITTED') return seen.body;
        await rest(Math.min(restMs, seen.body?.pollAfterMs ?? restMs));
      }
      throw new Error(`not admitted: ${seen.is} ${seen.body?.status ?? ''}`);
    },
    /** Pays, orders, or cancels, and by the same key asks on while that is under way. */
    pays: (reservationId: string, idempotencyKey: string = newId()) => toItsEnd(() => visitor.pays(reservationId, idempotencyKey)),
    orders: (wanted: Parameters<Visitor['orders']>[0], idempotencyKey: string = newId()) =>
      toItsEnd(() => visitor.orders(wanted, idempotencyKey)),
    cancels: (orderId: string, idempotencyKey: string = newId()) => toItsEnd(() => visitor.cancels(orderId, idempotencyKey)),
  };
};

export type TestMember = ReturnType<typeof createMember>;
