import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytesToId, idToBytes, newId } from '@onsale/shared/ids';
import type { Operation } from '../load/operations-journal.ts';
import { broken } from './report.ts';
import type { PlantedOrder } from './testing/planted-orders.ts';
import { plantedShop, plantedStores, PRICE, type Held, type PlantedShop, type PlantedStores } from './testing/planted-shop.ts';

let stores: PlantedStores;
let shop: PlantedShop;
let bought: Held & { paymentId: string };
let lastSeat = 1;
beforeAll(async () => {
  stores = await plantedStores();
  shop = await plantedShop(stores);
  bought = await shop.buys({ seatId: 1 });
});
afterAll(() => stores?.drop());

/** Of the next seat. */
const hold = (): Promise<Held> => shop.holds({ seatId: (lastSeat += 1) });

/** Its client gave up long after the store had made it: what comes later, no read could have told. */
const operation = (kind: Operation['kind'], { memberId, key, reservationId, number }: Held, its: Partial<Operation> = {}): Operation => ({
  kind,
  memberId,
  ...(['enter', 'release', 'leave'].includes(kind) ? {} : { idempotencyKey: key }),
  startedAt: new Date().toISOString(),
  endedAt: new Date(Date.now() + 60_000).toISOString(),
  attempts: 1,
  subject: { queueId: shop.scheduleId, number, reservationId, amount: 5 * PRICE },
  outcome: { status: 201 },
  answers: ['an answer'],
  ...its,
});
const paid = (its: Partial<Operation> = {}) =>
  operation('pay', bought, { subject: { reservationId: bought.reservationId, paymentId: bought.paymentId }, ...its });
const unknown = (settled?: Operation['settled']) => ({ outcome: 'unknown', answers: [], ...(settled && { settled }) }) as const;

const ordered = ({ id, memberId, key }: PlantedOrder, its: Partial<Operation> = {}): Operation => ({
  ...operation('order', { ...bought, memberId, key }),
  subject: { orderId: id },
  ...its,
});
/** Of a coupon that was issued. */
const issued = async (its: Partial<Operation> = {}): Promise<Operation> => {
  const { id: couponId } = await shop.coupon();
  const row: { id: Buffer; member_id: Buffer } = await shop
    .commerce('member_coupons')
    .where({ coupon_id: idToBytes(couponId) })
    .first('id', 'member_id');
  const { idempotencyKey: _key, ...told } = operation('issue', { ...bought, memberId: bytesToId(row.member_id) });
  return { ...told, subject: { couponId, memberCouponId: bytesToId(row.id) }, ...its };
};

const brokenSentences = async (operations: Operation[]): Promise<string[]> =>
  broken(await shop.findings({ operations }))
    .map(({ invariant, says }) => `${invariant} ${says}`)
    .filter((one) => TOLD.includes(one));

const KEPT = 'I6 every hold, charge, payment and order that was answered with success is there, and is the one that was told';
const ENDED = 'I6 what was released or left has ended';
const NUMBERS = 'I6 a number that was told to a member is that member’s';
const COUPONS = 'I6 a coupon that a member was told to have is that member’s';
const SAME = 'I10 every final answer to one key is the same';
const REFUSED = 'I10 what was refused with a key was not done';
const SETTLED = 'I12 what had no answer was settled by a final read, and is as that said';
const TOLD = [KEPT, ENDED, NUMBERS, COUPONS, SAME, REFUSED, SETTLED];

describe('what clients were told', () => {
  it('is true of a whole purchase, of a hold that was given back, and of what was settled', async () => {
    const released = await hold();
    await shop.releases(released);
    await shop.leaves(released.number);
    const failed = await hold();
    await shop.fails(failed, (await shop.pays(failed)).paymentId);
    const nobody = { ...bought, memberId: newId(), key: newId() };
    const told = [
      operation('enter', bought),
      operation('hold', bought),
      operation('charge', bought),
      paid(),
      operation('hold', released, { outcome: 'unknown', settled: 'done' }),
      operation('release', released, { outcome: { status: 204 } }),
      operation('leave', released, { outcome: { status: 204 } }),
      operation('pay', failed, { outcome: { status: 409, code: 'HOLD_EXPIRED' } }),
      operation('hold', nobody, { outcome: { status: 409, code: 'SEAT_TAKEN' } }),
      operation('charge', nobody, unknown('not done')),
      ordered(await shop.orders()),
      ordered(await shop.places(), { outcome: { status: 202 } }),
      await issued(),
    ];
    expect(await brokenSentences(told)).toEqual([]);
  });

  const lies: [string, string, () => Operation[] | Promise<Operation[]>][] = [
    ['a hold that is not there', KEPT, () => [operation('hold', { ...bought, key: newId() })]],
    ['a hold that is another one', KEPT, () => [operation('hold', { ...bought, reservationId: newId() })]],
    ['a charge that is not there', KEPT, () => [operation('charge', { ...bought, key: newId() })]],
    [
      'a payment that is not through',
      KEPT,
      async () => {
        const held = await hold();
        const { paymentId } = await shop.pays(held);
        return [operation('pay', held, { subject: { paymentId } })];
      },
    ],
    ['a release of what is still held', ENDED, async () => [operation('release', await hold(), { outcome: { status: 204 } })]],
    ['a leave of who is still inside', ENDED, async () => [operation('leave', await hold(), { outcome: { status: 204 } })]],
    ['a number of another member', NUMBERS, () => [operation('enter', { ...bought, memberId: newId() })]],
    ['an order that is not there', KEPT, async () => [ordered({ ...(await shop.orders()), key: newId() })]],
    ['an order that is another one', KEPT, async () => [ordered({ ...(await shop.orders()), id: newId() })]],
    ['an order that is not through', KEPT, async () => [ordered(await shop.places())]],
    [
      'a refusal of what was ordered',
      REFUSED,
      async () => [ordered(await shop.orders(), { outcome: { status: 409, code: 'OUT_OF_STOCK' } })],
    ],
    ['a coupon of another member', COUPONS, async () => [await issued({ memberId: newId() })]],
    ['two answers to one key', SAME, () => [paid({ answers: ['one', 'another'] })]],
    ['another answer to the same key, told later', SAME, () => [paid(), paid({ answers: ['another'] })]],
    ['a refusal of what was done', REFUSED, () => [operation('hold', bought, { outcome: { status: 409, code: 'SEAT_TAKEN' } })]],
    ['an unknown that nobody looked for', SETTLED, () => [operation('hold', bought, unknown())]],
    ['an unknown that was found, and is not there', SETTLED, () => [operation('hold', { ...bought, key: newId() }, unknown('done'))]],
    ['an unknown that was not found, and is there', SETTLED, () => [operation('hold', bought, unknown('not done'))]],
  ];
  it.each(lies)('is found out: %s', async (_lie, sentence, told) => {
    expect(await brokenSentences(await told())).toEqual([sentence]);
  });
});
