import type { CallOptions, Client, RouteSpec } from '@onsale/contracts';
import { chargeWallet, pay, readPayment, readWallet } from '@onsale/contracts/payment';
import { issueToken, leaveQueue, tokenStatus, type QueueStatus } from '@onsale/contracts/queue';
import { holdSeats, readReservation, readSeats, releaseHold } from '@onsale/contracts/reservation';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { outcomeOf } from './outcome.ts';

interface MemberOptions {
  readonly client: Client;
  readonly id: string;
  readonly accessToken: string;
}

/** A member who acts through the gateway. It keeps the last queue token that it was given, as a browser would. */
export const createMember = ({ client, id, accessToken }: MemberOptions) => {
  let queueToken: string | undefined;
  const ask = <R extends RouteSpec>(route: R, options: CallOptions<R> = {}) =>
    outcomeOf(client.answer(route, { accessToken, ...(queueToken === undefined ? {} : { queueToken }), ...options }));

  const takesNumber = async (queueId: string) => {
    const outcome = await ask(issueToken, { params: { queueId } });
    const body = outcome.body;
    if (body !== undefined) queueToken = body.token;
    return { ...outcome, body };
  };

  const status = (queueId: string) => ask(tokenStatus, { params: { queueId } });

  return {
    id,
    accessToken,
    token: () => queueToken,
    shows: (token: string | undefined) => {
      queueToken = token;
    },
    asks: ask,
    takesNumber,
    status,
    leaves: (queueId: string) => ask(leaveQueue, { params: { queueId } }),
    /** Takes a number and waits for the turn. */
    isAdmitted: async (queueId: string, withinMs = 15_000): Promise<QueueStatus> => {
      const entered = await takesNumber(queueId);
      if (entered.body === undefined) throw new Error(`no number: ${entered.is}`);
      return eventually(
        async () => {
          const seen = await status(queueId);
          const body = seen.body;
          if (body?.status !== 'ADMITTED') throw new Error(`not admitted: ${seen.is} ${body?.status ?? ''}`);
          return body;
        },
        { withinMs },
      );
    },
    seesSeats: (scheduleId: string) => ask(readSeats, { params: { id: scheduleId } }),
    holds: (scheduleId: string, seatIds: string[], idempotencyKey: string = newId()) =>
      ask(holdSeats, { body: { scheduleId, seatIds }, idempotencyKey }),
    releases: (reservationId: string) => ask(releaseHold, { params: { id: reservationId } }),
    reservation: (reservationId: string) => ask(readReservation, { params: { id: reservationId } }),
    charges: (amount: number, idempotencyKey: string = newId()) => ask(chargeWallet, { body: { amount }, idempotencyKey }),
    wallet: () => ask(readWallet),
    pays: (reservationId: string, idempotencyKey: string = newId()) =>
      ask(pay, { body: { reservationId }, idempotencyKey, headers: { prefer: 'wait=10' } }),
    payment: (paymentId: string) => ask(readPayment, { params: { id: paymentId } }),
  };
};

export type TestMember = ReturnType<typeof createMember>;
