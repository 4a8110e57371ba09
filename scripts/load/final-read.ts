import type { MemberCoupon, Order } from '@onsale/contracts/commerce';
import type { Payment, WalletEntry } from '@onsale/contracts/payment';
import type { QueueToken } from '@onsale/contracts/queue';
import type { Reservation } from '@onsale/contracts/reservation';
import type { Insist } from './insist.ts';
import type { Operation, OperationsJournal } from './operations-journal.ts';
import type { Outcome } from './outcome.ts';
import type { Visitor } from './visitor.ts';

/** What is there once an operation has been done. */
export interface Effects {
  readonly enter: QueueToken;
  readonly hold: Reservation;
  readonly charge: WalletEntry;
  readonly pay: Payment;
  readonly issue: MemberCoupon;
  readonly order: Order;
  readonly release: undefined;
  readonly leave: undefined;
}
export type Kind = keyof Effects;

/** `unread`: the final read had no answer either. An `enter` that was not done is done by the asking. */
export type FinalRead<K extends Kind> =
  | { readonly is: 'done'; readonly body: Effects[K] }
  | { readonly is: 'not done'; readonly body?: Effects[K] }
  | { readonly is: 'unread' };

interface FinalReadOptions {
  readonly visitor: Visitor;
  readonly insist: Insist;
  readonly journal: OperationsJournal;
  readonly operation: Pick<Operation, 'kind' | 'memberId' | 'subject'>;
}

const UNREAD = { is: 'unread' } as const;
const NOT_DONE = { is: 'not done' } as const;

const done = <B>(body: B | undefined) => (body === undefined ? NOT_DONE : ({ is: 'done', body } as const));

const isSame = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((one) => others.includes(one));

/** Each looks for what no other operation of this member is known to have made. */
const finalReads: { readonly [K in Kind]: (options: FinalReadOptions) => Promise<FinalRead<K>> } = {
  // nothing but asking tells a member its number; who had one is answered 200
  enter: async ({ operation, ...rest }) => {
    const answer = await read(rest, ({ takesNumber }) => takesNumber(operation.subject.queueId ?? ''));
    if (answer?.body === undefined) return UNREAD;
    return { is: answer.status === 200 ? 'done' : 'not done', body: answer.body };
  },
  hold: async ({ operation, ...rest }) => {
    const { scheduleId, seatIds = [] } = operation.subject;
    const answer = await read(rest, ({ reservations }) => reservations());
    const known = siblings(rest.journal, operation).map(({ subject }) => subject.reservationId);
    const isIt = (one: Reservation): boolean =>
      one.scheduleId === scheduleId && isSame(one.seats.map(({ id }) => id), seatIds) && !known.includes(one.id); // prettier-ignore
    return answer?.body === undefined ? UNREAD : done(answer.body.items.find(isIt));
  },
  charge: async ({ operation, ...rest }) => {
    const answer = await read(rest, ({ entries }) => entries());
    if (answer?.body === undefined) return UNREAD;
    // entries do not name their key: there is one more of this amount than is known of
    const ofAmount = answer.body.items.filter(({ type, amount }) => type === 'CHARGE' && amount === operation.subject.amount);
    const known = siblings(rest.journal, operation).filter((one) => isDone(one) && one.subject.amount === operation.subject.amount);
    return done(ofAmount.length > known.length ? ofAmount[0] : undefined);
  },
  pay: async ({ operation, ...rest }) => {
    const answer = await read(rest, ({ payments }) => payments());
    const known = siblings(rest.journal, operation).map(({ subject }) => subject.paymentId);
    const isIt = ({ id, reservationId }: Payment): boolean => reservationId === operation.subject.reservationId && !known.includes(id);
    return answer?.body === undefined ? UNREAD : done(answer.body.items.find(isIt));
  },
  // one a member
  issue: async ({ operation, ...rest }) => {
    const answer = await read(rest, ({ coupons }) => coupons());
    return answer?.body === undefined ? UNREAD : done(answer.body.items.find(({ couponId }) => couponId === operation.subject.couponId));
  },
  order: async ({ operation, ...rest }) => {
    const answer = await read(rest, ({ orderList }) => orderList());
    const known = siblings(rest.journal, operation).map(({ subject }) => subject.orderId);
    const isIt = ({ id, items }: Order): boolean => items[0]?.productId === operation.subject.productId && !known.includes(id);
    return answer?.body === undefined ? UNREAD : done(answer.body.items.find(isIt));
  },
  release: async ({ operation, ...rest }) => {
    const answer = await read(rest, ({ reservation }) => reservation(operation.subject.reservationId ?? ''));
    if (answer?.body === undefined) return UNREAD;
    return answer.body.status === 'RELEASED' ? { is: 'done', body: undefined } : NOT_DONE;
  },
  leave: async ({ operation, ...rest }) => {
    const answer = await read(rest, ({ status }) => status(operation.subject.queueId ?? ''));
    if (answer?.body === undefined) return UNREAD;
    return answer.body.status === 'LEFT' ? { is: 'done', body: undefined } : NOT_DONE;
  },
};

const isDone = ({ outcome, settled }: Operation): boolean => settled === 'done' || (outcome !== 'unknown' && outcome.status < 300);

const siblings = (journal: OperationsJournal, { kind, memberId, subject }: FinalReadOptions['operation']): Operation[] =>
  journal.operations().filter((one) => one.memberId === memberId && one.kind === kind && one.subject !== subject);

const read = async <B>(
  { visitor, insist }: Pick<FinalReadOptions, 'visitor' | 'insist'>,
  ask: (visitor: Visitor) => Promise<Outcome<B>>,
): Promise<Outcome<B> | undefined> => (await insist(() => ask(visitor))).last;

/** Looks, as the member, whether an operation that had no answer was done, and for what it made (I12). Names nothing that another operation made. */
export const finalRead = <K extends Kind>(
  options: FinalReadOptions & { readonly operation: { readonly kind: K } },
): Promise<FinalRead<K>> => finalReads[options.operation.kind](options);
