import { createHash } from 'node:crypto';
import type { MemberCoupon, Order } from '@onsale/contracts/commerce';
import type { Payment } from '@onsale/contracts/payment';
import type { QueueToken } from '@onsale/contracts/queue';
import type { Reservation } from '@onsale/contracts/reservation';
import { type Effects, finalRead, type Kind } from './final-read.ts';
import type { Asked, Insist } from './insist.ts';
import type { Operation, OperationsJournal } from './operations-journal.ts';
import type { Outcome } from './outcome.ts';
import type { Visitor } from './visitor.ts';

interface OperateOptions {
  readonly visitor: Visitor;
  readonly insist: Insist;
  readonly journal: OperationsJournal;
  /** From [0, 1). */
  readonly random: () => number;
  /** The share of keyed operations that are sent once more after they were answered, by the same key: the answer has to be the same (I10). */
  readonly repeatShare: number;
}

interface Wanted<K extends Kind> {
  readonly kind: K;
  readonly subject: Operation['subject'];
  readonly idempotencyKey?: string;
  /** One attempt; every one has the same key. */
  readonly ask: () => Promise<Outcome<Effects[K]>>;
}

/** `unknown`: neither an answer nor the final read told. */
export type Operated<K extends Kind> =
  | { readonly is: 'done'; readonly body: Effects[K] }
  | { readonly is: 'refused'; readonly code: string }
  | { readonly is: 'unknown' };

export type Operate = <K extends Kind>(wanted: Wanted<K>) => Promise<Operated<K>>;

/** Of a problem status and code alone: its `instance` is another one each time. A payment under way (202) is no final answer. */
const digestsOf = ({ status, code, body }: Outcome<unknown>): string[] => {
  if (status === 202) return [];
  if (status >= 300) return [`${status} ${code ?? ''}`];
  return [`${status} ${createHash('sha256').update(JSON.stringify(body) ?? '').digest('base64url').slice(0, 22)}`]; // prettier-ignore
};

/** What an answer tells of the operation beside what was known before. */
const learned = (kind: Kind, body: unknown, problem: Readonly<Record<string, unknown>> = {}): Operation['subject'] => {
  if (body === undefined) {
    const { paymentId, orderId } = problem;
    return { ...(typeof paymentId === 'string' && { paymentId }), ...(typeof orderId === 'string' && { orderId }) };
  }
  switch (kind) {
    case 'enter':
      return { number: (body as QueueToken).number };
    case 'hold':
      return { reservationId: (body as Reservation).id, amount: (body as Reservation).amount };
    case 'pay': {
      const { id, amount } = body as Payment;
      return { paymentId: id, ...(amount === undefined ? {} : { amount }) };
    }
    case 'issue':
      return { memberCouponId: (body as MemberCoupon).id };
    case 'order':
      return { orderId: (body as Order).id, amount: (body as Order).total };
    case 'charge':
    case 'release':
    case 'leave':
      return {};
  }
};

/** The journal's `outcome`: what the last answer was, unless an attempt that had none may have done more. */
const outcomeOf = ({ unknown, last }: Asked<unknown>): Operation['outcome'] => {
  if (unknown || last === undefined) return 'unknown';
  return { status: last.status, ...(last.code === undefined ? {} : { code: last.code }) };
};

/**
 * Does what a member wants done: asks until it is answered, writes down what came of it, and settles by a final read what had no answer, so that
 * the member goes on as if the answer had come.
 * @throws whatever `insist` throws
 */
export const createOperate = ({ visitor, insist, journal, random, repeatShare }: OperateOptions): Operate => {
  /** @returns the digests of the answers by this key */
  const answersOf = async <K extends Kind>(
    { idempotencyKey, ask }: Wanted<K>,
    last: Outcome<Effects[K]> | undefined,
  ): Promise<string[]> => {
    if (last === undefined || idempotencyKey === undefined) return [];
    const digests = digestsOf(last);
    if (last.status >= 300 || digests.length === 0 || random() >= repeatShare) return digests;
    const again = await insist(ask);
    return [...new Set([...digests, ...(again.unknown || again.last === undefined ? [] : digestsOf(again.last))])];
  };

  const settle = async <K extends Kind>(operation: Operation & { readonly kind: K }): Promise<Operated<K>> => {
    const found = await finalRead({ visitor, insist, journal, operation });
    if (found.is === 'unread') return { is: 'unknown' };
    journal.settle(operation, { settled: found.is, subject: { ...operation.subject, ...learned(operation.kind, found.body) } });
    const { body } = found;
    return found.is === 'done' || body !== undefined ? { is: 'done', body: body as Effects[K] } : { is: 'refused', code: 'NO_ANSWER' };
  };

  return async <K extends Kind>(wanted: Wanted<K>): Promise<Operated<K>> => {
    const { kind, subject, idempotencyKey, ask } = wanted;
    const startedAt = new Date().toISOString();
    const asked = await insist(ask);
    const endedAt = new Date().toISOString();
    const { attempts, last } = asked;
    const outcome = outcomeOf(asked);
    const operation = {
      kind,
      memberId: visitor.id,
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      startedAt,
      endedAt,
      attempts,
      subject: { ...subject, ...(outcome === 'unknown' ? {} : learned(kind, last?.body, last?.problem)) },
      outcome,
      answers: outcome === 'unknown' ? [] : await answersOf(wanted, last),
    };
    journal.record(operation);
    if (outcome === 'unknown') return settle(operation);
    if (outcome.status < 300) return { is: 'done', body: last?.body as Effects[K] };
    return { is: 'refused', code: outcome.code ?? String(outcome.status) };
  };
};
