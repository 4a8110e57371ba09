import type { BodyOf, CallProblem } from '@onsale/contracts';
import * as contract from '@onsale/contracts/commerce';
import { idToBytes, newId, systemClock } from '@onsale/shared/ids';
import { onceOf } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCommerce, statusOf, type Commerce } from '../testing/start-commerce.ts';
import { createProduct } from './create-product.ts';

let commerce: Commerce;
beforeAll(async () => {
  commerce = await startCommerce();
});
afterAll(() => commerce.stop());

const create = (body: Partial<BodyOf<typeof contract.createProduct>> = {}) =>
  commerce.operator.call(contract.createProduct, { body: { name: 'A lamp', price: 1_000, stock: 5, ...body }, idempotencyKey: newId() });
const change = (id: string, body: object) => commerce.operator.call(contract.changeProduct, { params: { id }, body });
const restock = (id: string, quantity: number, idempotencyKey: string = newId()) =>
  commerce.operator.answer(contract.restockProduct, { params: { id }, body: { quantity }, idempotencyKey });
const read = (id: string) => commerce.anonymous.call(contract.readProduct, { params: { id } });
const detail = (id: string) => commerce.operator.call(contract.readProductDetail, { params: { id } });
const auditOf = async (id: string) =>
  (await commerce.operator.call(contract.readCommerceAudit, { query: { subject: id } })).items
    .map(({ actor, action, before, after }) => ({ actor, action, before, after }))
    .toReversed();

describe('a product', () => {
  it('is in the shop when an operator has put it there, with its limit and its queue, and in the audit', async () => {
    const about = { name: 'A limited lamp', price: 12_000, stock: 10, perMemberLimit: 2, queueId: 'lamps' };
    const made = await create(about);
    const { stock, ...shown } = about;
    expect(made).toMatchObject({ ...shown, available: stock, reserved: 0, sold: 0, stocked: stock, onSale: true, version: 1 });
    expect(await read(made.id)).toEqual({ id: made.id, ...shown, available: stock, onSale: true });
    expect(await detail(made.id)).toEqual(made);
    expect(await auditOf(made.id)).toEqual([
      { actor: commerce.operatorId, action: 'product.create', before: undefined, after: { ...about, onSale: true } },
    ]);
  });

  it('is made once for each key: whoever asks again has the answer of the first time', async () => {
    const body = { name: 'A lamp of which the answer was lost', price: 1_000, stock: 5 };
    const idempotencyKey = newId();
    const ask = (given: object = {}) => commerce.operator.answer(contract.createProduct, { body, idempotencyKey, ...given });
    const [made, ...others] = await Promise.all([ask(), ask()]);
    const again = await ask();
    expect([...others, again].map(({ status, body }) => [status, body])).toEqual([[201, made.body], [201, made.body]]); // prettier-ignore
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.headers.get('location')).toBe(`/api/v1/admin/products/${made.body.id}`);
    expect(await statusOf(ask({ body: { ...body, stock: 6 } }))).toBe('422 IDEMPOTENCY_KEY_REUSED');
    expect(await statusOf(ask({ idempotencyKey: undefined }))).toBe('428 IDEMPOTENCY_KEY_REQUIRED');
    expect(await commerce.db('products').where({ name: body.name })).toHaveLength(1);
    expect(await auditOf(made.body.id)).toHaveLength(1);
  });

  it('is made once by two replicas that are asked at once, with its stock', async () => {
    const { db, operatorId } = commerce;
    const about = { name: 'A lamp of two replicas', price: 1_000, stock: 5 };
    const key = newId();
    const ask = () =>
      createProduct({ db, clock: systemClock, newId })({ operatorId, about, once: onceOf(db, { memberId: operatorId, key }) });
    const [one, other] = await Promise.all([ask(), ask()]);
    expect(other).toEqual(one);
    const made = db('products').where({ name: about.name }).join('stock', 'product_id', 'id');
    expect(await made.select('stocked')).toEqual([{ stocked: 5 }]);
  });

  it('changes in what the request names, and loses what it sets to null', async () => {
    const { id } = await create({ perMemberLimit: 3, queueId: 'lamps' });
    expect(await change(id, { price: 900, perMemberLimit: null })).toMatchObject({
      name: 'A lamp',
      price: 900,
      queueId: 'lamps',
      version: 2,
    });
    const changed = await change(id, { queueId: null, perMemberLimit: 1 });
    expect(changed).toMatchObject({ price: 900, perMemberLimit: 1, available: 5, version: 3 });
    expect(changed).not.toHaveProperty('queueId');
    expect((await auditOf(id)).slice(1)).toEqual([
      {
        actor: commerce.operatorId,
        action: 'product.change',
        before: { name: 'A lamp', price: 1_000, onSale: true, perMemberLimit: 3, queueId: 'lamps' },
        after: { name: 'A lamp', price: 900, onSale: true, queueId: 'lamps' },
      },
      expect.objectContaining({ after: { name: 'A lamp', price: 900, onSale: true, perMemberLimit: 1 } }),
    ]);
  });

  it('has more in stock after a restock, once for each key', async () => {
    const { id } = await create({ stock: 0 });
    const key = newId();
    const first = await restock(id, 4, key);
    const again = await restock(id, 4, key);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body).toEqual(first.body);
    await Promise.all([restock(id, 1), restock(id, 2)]);
    expect(await detail(id)).toMatchObject({ available: 7, stocked: 7, sold: 0 });
    expect((await auditOf(id)).map(({ action, after }) => [action, after['quantity']])).toEqual(
      expect.arrayContaining([
        ['product.restock', 4],
        ['product.restock', 1],
        ['product.restock', 2],
      ]),
    );
    expect(await auditOf(id)).toHaveLength(4);
  });

  it('has no restock beyond what can be counted, and nothing is written then', async () => {
    const { id } = await create({ stock: 1_000_000_000 });
    const most = Number.MAX_SAFE_INTEGER - 5;
    await commerce
      .db('stock')
      .where({ product_id: idToBytes(id) })
      .update({ available: most, stocked: most });
    const problem = await restock(id, 6).catch((error: unknown) => error as CallProblem);
    expect(problem).toMatchObject({ status: 400, code: 'VALIDATION_FAILED', problem: { errors: [{ pointer: '/body/quantity' }] } });
    expect(await detail(id)).toMatchObject({ available: most });
    expect(await auditOf(id)).toHaveLength(1);
    expect((await restock(id, 5)).status).toBe(201);
  });

  it('is neither there nor changed when nobody has made it, or for whoever is no operator', async () => {
    const { id } = await create();
    const unknown = { params: { id: newId() } };
    const member = commerce.asMember({ id: newId(), role: 'member', sessionId: newId() });
    expect(await statusOf(commerce.anonymous.answer(contract.readProduct, unknown))).toBe('404 NOT_FOUND');
    expect(await statusOf(commerce.operator.answer(contract.readProductDetail, unknown))).toBe('404 NOT_FOUND');
    expect(await statusOf(commerce.operator.answer(contract.changeProduct, { ...unknown, body: { price: 1 } }))).toBe('404 NOT_FOUND');
    expect(await statusOf(restock(unknown.params.id, 1))).toBe('404 NOT_FOUND');
    expect(await statusOf(member.answer(contract.changeProduct, { params: { id }, body: { price: 1 } }))).toBe('403 FORBIDDEN');
    expect(await detail(id)).toMatchObject({ price: 1_000, version: 1 });
  });
});
