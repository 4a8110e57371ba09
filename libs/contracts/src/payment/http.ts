import { z } from 'zod';
import { auditRoute } from '../audit.ts';
import { codes, type Code } from '../codes.ts';
import { route } from '../route.ts';
import { sagaRoutes } from '../sagas.ts';
import { Id, IdParams, page, PageQuery, Points, Timestamp } from '../shapes.ts';

export const Wallet = z.object({ balance: Points });
export type Wallet = z.infer<typeof Wallet>;

export const WalletEntry = z.object({
  id: Id,
  type: z.enum(['CHARGE', 'PAYMENT', 'REFUND', 'FORFEIT']),
  /** Signed: what came in is positive. */
  amount: Points,
  balanceAfter: Points,
  reference: z.string(),
  createdAt: Timestamp,
});
export type WalletEntry = z.infer<typeof WalletEntry>;

export const PaymentStatus = z.enum(['PROCESSING', 'COMPLETED', 'FAILED', 'REFUNDING', 'PARTIALLY_REFUNDED', 'REFUNDED']);
export type PaymentStatus = z.infer<typeof PaymentStatus>;

/** `amount` is absent until the reservation has told it; `code` says why it FAILED. */
export const Payment = z.object({
  id: Id,
  reservationId: Id,
  amount: Points.optional(),
  status: PaymentStatus,
  code: z.enum(Object.keys(codes) as [Code, ...Code[]]).optional(),
  createdAt: Timestamp,
  completedAt: Timestamp.optional(),
});
export type Payment = z.infer<typeof Payment>;

export const readWallet = route({
  owner: 'payment',
  method: 'GET',
  path: '/members/me/wallet',
  summary: 'My points',
  auth: 'member',
  gate: 'none',
  answers: { 200: Wallet },
  problems: [],
});

export const listWalletEntries = route({
  owner: 'payment',
  method: 'GET',
  path: '/members/me/wallet/entries',
  summary: 'What came in and went out, newest first',
  auth: 'member',
  gate: 'none',
  query: PageQuery,
  answers: { 200: page(WalletEntry) },
  problems: [],
});

export const chargeWallet = route({
  owner: 'payment',
  method: 'POST',
  path: '/members/me/wallet/charges',
  summary: 'Charge points',
  auth: 'member',
  gate: 'none',
  idempotency: 'required',
  body: z.strictObject({ amount: z.int().min(1).max(10_000_000) }),
  answers: { 201: WalletEntry },
  problems: ['AMOUNT_TOO_SMALL', 'BALANCE_TOO_LARGE', 'ACCOUNT_CLOSED'],
});

export const pay = route({
  owner: 'payment',
  method: 'POST',
  path: '/payments',
  summary: 'Pay a reservation; 201 when it is through in time, else 202',
  auth: 'member',
  gate: 'issued',
  idempotency: 'required',
  body: z.strictObject({ reservationId: Id }),
  answers: { 201: Payment, 202: Payment },
  problems: [
    'NOT_FOUND',
    'HOLD_EXPIRED',
    'HOLD_LOST',
    'ALREADY_PAID',
    'PAYMENT_IN_PROGRESS',
    'INSUFFICIENT_POINTS',
    'ACCOUNT_CLOSED',
    'CANCELLED_BY_OPERATOR',
  ],
});

export const readPayment = route({
  owner: 'payment',
  method: 'GET',
  path: '/payments/{id}',
  summary: 'One payment of mine',
  auth: 'member',
  gate: 'none',
  params: IdParams,
  answers: { 200: Payment },
  problems: ['NOT_FOUND'],
});

export const listMyPayments = route({
  owner: 'payment',
  method: 'GET',
  path: '/members/me/payments',
  summary: 'My payments, newest first',
  auth: 'member',
  gate: 'none',
  query: PageQuery,
  answers: { 200: page(Payment) },
  problems: [],
});

/** For operators: the purchases as sagas, each with its payment's id. */
export const paymentSagas = sagaRoutes('payment');
export const { list: listPaymentSagas, read: readPaymentSaga, retry: retryPaymentSaga, compensate: compensatePaymentSaga } = paymentSagas;

/** For operators: who changed what here. */
export const readPaymentAudit = auditRoute('payment');
