import * as contract from '@onsale/contracts/commerce';
import { newId, systemClock } from '@onsale/shared/ids';
import { onceOf } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCommerce, statusOf, type Commerce } from '../testing/start-commerce.ts';
import { createCoupon } from './create-coupon.ts';

let commerce: Commerce;
beforeAll(async () => {
  commerce = await startCommerce();
});
afterAll(() => commerce?.stop());

const HOUR_MS = 3_600_000;
const issueFrom = new Date();
const issueUntil = new Date(issueFrom.getTime() + HOUR_MS);
const discount = { type: 'AMOUNT', value: 500 } as const;
const couponsOf = (name: string) => commerce.db('coupons').where({ name });

describe('a coupon', () => {
  it('is made once for each key: whoever asks again has the answer of the first time', async () => {
    const times = { issueFrom: issueFrom.toISOString(), issueUntil: issueUntil.toISOString(), validUntil: issueUntil.toISOString() };
    const body = { name: 'The answer was lost', total: 5, discount, ...times };
    const idempotencyKey = newId();
    const ask = (given: object = {}) => commerce.operator.answer(contract.createCoupon, { body, idempotencyKey, ...given });
    const [made, ...others] = await Promise.all([ask(), ask()]);
    const again = await ask();
    expect([...others, again].map(({ status, body }) => [status, body])).toEqual([[201, made.body], [201, made.body]]); // prettier-ignore
    expect(made.body).toMatchObject({ ...body, remaining: 5, active: true });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.headers.get('location')).toBe(`/api/v1/admin/coupons/${made.body.id}`);
    expect(await statusOf(ask({ body: { ...body, total: 6 } }))).toBe('422 IDEMPOTENCY_KEY_REUSED');
    expect(await statusOf(ask({ idempotencyKey: undefined }))).toBe('428 IDEMPOTENCY_KEY_REQUIRED');
    expect(await couponsOf(body.name)).toHaveLength(1);
    expect((await commerce.operator.call(contract.readCommerceAudit, { query: { subject: made.body.id } })).items).toHaveLength(1);
  });

  it('is made once by two replicas that are asked at once', async () => {
    const { db, operatorId } = commerce;
    const about = { name: 'Two replicas', total: 5, active: true, discount, issueFrom, issueUntil, validUntil: issueUntil };
    const key = newId();
    const ask = () =>
      createCoupon({ db, clock: systemClock, newId })({ operatorId, ...about, once: onceOf(db, { memberId: operatorId, key }) });
    const [one, other] = await Promise.all([ask(), ask()]);
    expect(other).toEqual(one);
    expect(await couponsOf(about.name)).toHaveLength(1);
  });
});
