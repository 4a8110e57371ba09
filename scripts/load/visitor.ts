import type { CallOptions, Client, RouteSpec } from '@onsale/contracts';
import { cancelOrder, issueCoupon, listMyCoupons, listMyOrders, placeOrder, readOrder } from '@onsale/contracts/commerce';
import { chargeWallet, listMyPayments, listWalletEntries, pay, readPayment, readWallet } from '@onsale/contracts/payment';
import { issueToken, leaveQueue, tokenStatus } from '@onsale/contracts/queue';
import { holdSeats, listMyReservations, readReservation, readSeats, releaseHold } from '@onsale/contracts/reservation';
import { newId } from '@onsale/shared/ids';
import { outcomeOf, type Outcome } from './outcome.ts';

export interface VisitorOptions {
  readonly client: Client;
  readonly id: string;
  readonly accessToken: string;
  /** How a request is asked; once, when left out. Its key is the same however often. */
  readonly asking?: <B>(attempt: () => Promise<Outcome<B>>) => Promise<Outcome<B>>;
}

interface Wanted {
  readonly items: readonly { readonly productId: string; readonly quantity: number }[];
  readonly memberCouponId?: string;
}

/** What `Prefer: wait` asks for at most (RFC 7240; the longest that the shop grants). */
const PATIENTLY = { prefer: 'wait=10' };

/** A signed-in member at the gateway, one request a call. It keeps the last queue token that it was given, as a browser would. */
export const createVisitor = ({ client, id, accessToken, asking = (attempt) => attempt() }: VisitorOptions) => {
  let queueToken: string | undefined;
  const ask = <R extends RouteSpec>(route: R, options: CallOptions<R> = {}) =>
    asking(() => outcomeOf(client.answer(route, { accessToken, ...(queueToken === undefined ? {} : { queueToken }), ...options })));

  return {
    id,
    accessToken,
    token: () => queueToken,
    shows: (token: string | undefined) => {
      queueToken = token;
    },
    asks: ask,
    takesNumber: async (queueId: string) => {
      const outcome = await ask(issueToken, { params: { queueId } });
      const body = outcome.body;
      if (body !== undefined) queueToken = body.token;
      return { ...outcome, body };
    },
    status: (queueId: string) => ask(tokenStatus, { params: { queueId } }),
    leaves: (queueId: string) => ask(leaveQueue, { params: { queueId } }),
    seesSeats: (scheduleId: string) => ask(readSeats, { params: { id: scheduleId } }),
    holds: (scheduleId: string, seatIds: readonly string[], idempotencyKey: string = newId()) =>
      ask(holdSeats, { body: { scheduleId, seatIds: [...seatIds] }, idempotencyKey }),
    releases: (reservationId: string) => ask(releaseHold, { params: { id: reservationId } }),
    reservation: (reservationId: string) => ask(readReservation, { params: { id: reservationId } }),
    reservations: () => ask(listMyReservations, { query: { limit: 100 } }),
    charges: (amount: number, idempotencyKey: string = newId()) => ask(chargeWallet, { body: { amount }, idempotencyKey }),
    wallet: () => ask(readWallet),
    entries: () => ask(listWalletEntries, { query: { limit: 100 } }),
    pays: (reservationId: string, idempotencyKey: string = newId()) =>
      ask(pay, { body: { reservationId }, idempotencyKey, headers: PATIENTLY }),
    payment: (paymentId: string) => ask(readPayment, { params: { id: paymentId } }),
    payments: () => ask(listMyPayments, { query: { limit: 100 } }),
    getsCoupon: (couponId: string) => ask(issueCoupon, { params: { id: couponId } }),
    coupons: () => ask(listMyCoupons, { query: { limit: 100 } }),
    orders: ({ items, ...coupon }: Wanted, idempotencyKey: string = newId()) =>
      ask(placeOrder, { body: { items: [...items], ...coupon }, idempotencyKey, headers: PATIENTLY }),
    cancels: (orderId: string, idempotencyKey: string = newId()) =>
      ask(cancelOrder, { params: { id: orderId }, idempotencyKey, headers: PATIENTLY }),
    order: (orderId: string) => ask(readOrder, { params: { id: orderId } }),
    orderList: () => ask(listMyOrders, { query: { limit: 100 } }),
  };
};

export type Visitor = ReturnType<typeof createVisitor>;
