import { createClient } from '@onsale/contracts';
import { newId } from '@onsale/shared/ids';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createKeepAliveFetch, type KeepAliveFetch } from './keep-alive-fetch.ts';
import { createOperationsJournal } from './operations-journal.ts';
import { type Journey, type ShoppingPlan, usualPlan } from './journey.ts';
import { createShopper } from './shopper.ts';
import { createStepTimes } from './step-times.ts';
import { startStubShop, type StubShop, type StubShopOptions } from './testing/stub-shop.ts';
import { createVisitor } from './visitor.ts';

let shop: StubShop;
let wire: KeepAliveFetch;
afterEach(async () => {
  await wire.close();
  await shop.stop();
});

const scheduleId = newId();
/** One attempt and no rest: the time is over at once. */
const impatient = { operationMs: 0 };

/** A shop with these faults, and a member who has gone through it. */
const gone = async (options: StubShopOptions, plan: Partial<ShoppingPlan> = {}, signal?: AbortSignal) => {
  shop = await startStubShop(options);
  wire = createKeepAliveFetch({ baseUrl: shop.baseUrl });
  const journal = createOperationsJournal();
  const times = createStepTimes();
  const visitor = createVisitor({ client: createClient({ baseUrl: shop.baseUrl, fetch: wire.fetch }), id: newId(), accessToken: 'a' });
  const sale = { queueId: 'q', scheduleId };
  const all = { visitor, sale, journal, times, plan: { ...usualPlan, ...plan }, random: () => 0, ...(signal && { signal }) };
  const journey: Journey = await createShopper(all).shop();
  return { journey, operations: journal.operations(), kinds: journal.operations().map(({ kind }) => kind), times };
};

const once = (what: string, fault: ReturnType<NonNullable<StubShopOptions['fault']>>): StubShopOptions => ({
  fault: (seen) => (seen.what === what && seen.times === 1 ? fault : undefined),
});

describe('a shopper', () => {
  it('waits for its turn, holds, charges and pays, and writes each of them down with its key', async () => {
    const { journey, operations, kinds, times } = await gone({ polls: 3 });
    expect(journey).toEqual({ end: 'paid', paymentId: shop.payments[0]!.id });
    expect(kinds).toEqual(['enter', 'hold', 'charge', 'pay']);
    expect(shop.requestsOf('GET /queues/q/tokens/current')).toHaveLength(3);
    const [enter, hold, charge, pay] = operations;
    expect(enter).toMatchObject({ outcome: { status: 201 }, attempts: 1, subject: { queueId: 'q', number: 7 }, answers: [] });
    const reservationId = shop.reservations[0]!.id;
    expect(hold).toMatchObject({ outcome: { status: 201 }, subject: { scheduleId, seatIds: ['1'], reservationId, amount: 2_000 } });
    expect(charge).toMatchObject({ subject: { amount: 2_000 } });
    expect(pay).toMatchObject({ subject: { reservationId, paymentId: shop.payments[0]!.id, amount: 2_000 } });
    expect(new Set([hold, charge, pay].map((one) => one?.idempotencyKey)).size).toBe(3);
    for (const one of [hold, charge, pay]) expect(one?.answers).toHaveLength(1);
    expect(times.summaries().map(({ step, count }) => [step, count])).toEqual([
      ['number', 1],
      ['turn', 1],
      ['seats', 1],
      ['hold', 1],
      ['charge', 1],
      ['pay', 1],
      ['purchase', 1],
    ]);
  });

  it('chooses others when its seats are taken, and goes home when none are left', async () => {
    const taken = { status: 409, code: 'SEAT_TAKEN' };
    const { journey, operations } = await gone({ fault: ({ what }) => (what === 'POST /reservations' ? taken : undefined) }, { holds: 3 });
    expect(journey).toEqual({ end: 'lost' });
    expect(new Set(shop.requestsOf('POST /reservations').map(({ key }) => key)).size).toBe(3);
    expect(operations.at(-1)).toMatchObject({ kind: 'leave', subject: { queueId: 'q', number: 7 }, outcome: { status: 204 } });
    expect(shop.placeStatus()).toBe('LEFT');
  });

  it('leaves a shop that is sold out', async () => {
    const { journey, kinds } = await gone({ seats: 0 });
    expect(journey).toEqual({ end: 'sold out' });
    expect(kinds).toEqual(['enter', 'leave']);
  });

  it('gives its seats and its place back when its payment is refused', async () => {
    const { journey, operations } = await gone(once('POST /payments', { status: 402, code: 'INSUFFICIENT_POINTS' }));
    expect(journey).toEqual({ end: 'refused', code: 'INSUFFICIENT_POINTS' });
    expect(operations.map(({ kind }) => kind)).toEqual(['enter', 'hold', 'charge', 'pay', 'release', 'leave']);
    expect(shop.reservations[0]!.status).toBe('RELEASED');
  });

  it('goes home at once when it is sent home', async () => {
    const controller = new AbortController();
    const sent = ({ what }: { what: string }): undefined => void (what.startsWith('GET /queues') && controller.abort());
    const { journey, operations } = await gone({ polls: 1_000, fault: sent }, {}, controller.signal);
    expect(journey).toEqual({ end: 'interrupted' });
    expect(operations).toHaveLength(1);
  });
});

describe.each(['POST /queues/q/tokens', 'POST /reservations', 'POST /members/me/wallet/charges', 'POST /payments'])(
  'a shopper whose %s',
  (what) => {
    const lostKind = { queues: 'enter', reservations: 'hold', members: 'charge', payments: 'pay' }[what.split('/')[1]!];

    it.each(['request lost', 'answer lost'] as const)('has its %s asks again by the same key, and it is done once', async (fault) => {
      const { journey, operations } = await gone(once(what, fault));
      expect(journey.end).toBe('paid');
      const asked = shop.requestsOf(what);
      expect(asked).toHaveLength(2);
      expect(asked[1]?.key).toBe(asked[0]?.key);
      expect(operations.find(({ kind }) => kind === lostKind)).toMatchObject({ attempts: 2, outcome: { status: expect.any(Number) } });
      expect([shop.reservations, shop.entries, shop.payments].map(({ length }) => length)).toEqual([1, 1, 1]);
    });

    it.each([
      { status: 409, code: 'IDEMPOTENCY_IN_FLIGHT', retryAfter: 0 },
      { status: 409, code: 'BUSY', retryAfter: 0 },
      { status: 429, code: 'RATE_LIMITED', retryAfter: 0 },
      { status: 503, code: 'UPSTREAM_UNAVAILABLE', retryAfter: 0 },
      { status: 504, code: 'TIMEOUT' },
    ])('is answered $status $code asks again by the same key', async (refusal) => {
      const { journey } = await gone(once(what, refusal));
      expect(journey.end).toBe('paid');
      const [first, second, ...more] = shop.requestsOf(what);
      expect([second?.key, more]).toEqual([first?.key, []]);
    });

    it('never has an answer settles by a final read that it was done, and goes on', async () => {
      const { journey, operations } = await gone(once(what, 'answer lost'), impatient);
      expect(journey).toEqual({ end: 'paid', paymentId: shop.payments[0]!.id });
      const lost = operations.find(({ kind }) => kind === lostKind);
      expect(lost).toMatchObject({ attempts: 1, outcome: 'unknown', settled: 'done', answers: [] });
      expect(operations.filter(({ outcome }) => outcome === 'unknown')).toEqual([lost]);
    });
  },
);

describe.each([
  ['hold', 'POST /reservations'],
  ['charge', 'POST /members/me/wallet/charges'],
  ['pay', 'POST /payments'],
])('a shopper whose %s never arrived', (kind, what) => {
  it('settles by a final read that it was not done, and goes home', async () => {
    const { journey, operations } = await gone(once(what, 'request lost'), impatient);
    expect(journey).toEqual({ end: 'refused', code: 'NO_ANSWER' });
    expect(operations.find((one) => one.kind === kind)).toMatchObject({ outcome: 'unknown', settled: 'not done' });
  });
});

describe('a shopper whom nobody answers any more', () => {
  it('leaves its operation unknown', async () => {
    const gives: StubShopOptions = { fault: ({ what }) => (what.endsWith('/payments') ? 'answer lost' : undefined) };
    const { journey, operations } = await gone(gives, impatient);
    expect(journey).toEqual({ end: 'unknown' });
    const unsettled = operations.filter(({ outcome }) => outcome === 'unknown');
    expect(unsettled).toEqual([expect.objectContaining({ kind: 'pay' })]);
    expect(unsettled[0]).not.toHaveProperty('settled');
    expect(shop.reservations[0]!.status).toBe('HELD');
  });
});

describe('a shopper who asks everything twice', () => {
  it('finds the same answer to the same key', async () => {
    const { operations } = await gone({}, { repeatShare: 1 });
    for (const what of ['POST /reservations', 'POST /members/me/wallet/charges', 'POST /payments']) {
      const [first, second] = shop.requestsOf(what);
      expect(second?.key).toBe(first?.key);
    }
    expect(operations.filter(({ idempotencyKey }) => idempotencyKey !== undefined).map(({ answers }) => answers.length)).toEqual([1, 1, 1]);
  });
});
