import { memberData, type DataPart } from '@onsale/contracts';
import * as contract from '@onsale/contracts/commerce';
import { inTransaction } from '@onsale/shared/db';
import { bytesToId, idToBytes, newId } from '@onsale/shared/ids';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCommerce, statusOf, tally, type Commerce } from '../testing/start-commerce.ts';
import { paidOrders } from '../testing/paid-orders.ts';
import { closedAmong } from './closed-accounts.ts';
import { exportHandlers } from './consumer.ts';
import { purgeExports } from './export-store.ts';
import { readExport } from './read-export.ts';

/** Alone: payment, reservation and queue are silent. */
let commerce: Commerce;
beforeAll(async () => {
  commerce = await startCommerce();
});
afterAll(() => commerce.stop());

const signedIn = async () => {
  const member = await commerce.newMember();
  const { accessToken } = await commerce.signIn(member);
  return { ...member, client: await commerce.as(accessToken) };
};
type SignedIn = Awaited<ReturnType<typeof signedIn>>;
const asksToGo = ({ client, password }: SignedIn) =>
  client.answer(contract.deleteMe, { body: { password }, headers: { prefer: 'wait=0' } });
const deletionsOf = (memberId: string) => commerce.db('account_deletions').where({ member_id: idToBytes(memberId) });

describe('a deletion that cannot go on', () => {
  it('waits for the others: asked again it is the same one, and an operator can take it back', async () => {
    const ada = await signedIn();
    const first = await asksToGo(ada);
    expect(first).toMatchObject({ status: 202, body: { status: 'UNDER_WAY' } });
    expect([first.headers.get('location'), first.headers.get('retry-after')]).toEqual(['/api/v1/members/me/deletion', '1']);
    expect(tally(await Promise.all(Array.from({ length: 4 }, () => statusOf(asksToGo(ada)))))).toEqual({ '202': 4 });
    const otherwise = ada.client.answer(contract.deleteMe, { body: { password: ada.password, giveUpBalance: true } });
    expect(await statusOf(otherwise)).toBe('409 ACCOUNT_IN_USE');
    const [deletion] = (await deletionsOf(ada.id)) as { id: Buffer }[];
    expect(await deletionsOf(ada.id)).toHaveLength(1);

    const { operator } = commerce;
    const params = { id: bytesToId(deletion!.id) };
    await operator.call(contract.commerceSagas.compensate, { params, body: { reason: 'payment is away' } });
    // the wallet may have been closed, and only payment can open it again: until then nobody is told that it is over
    expect(await operator.call(contract.commerceSagas.read, { params })).toMatchObject({ status: 'COMPENSATING', step: 'wallet' });
    expect(await ada.client.call(contract.readMyDeletion)).toMatchObject({ status: 'UNDER_WAY' });
    expect((await ada.client.call(contract.readMe)).id).toBe(ada.id);
  });

  it('is refused at once while an order is under way, and to operators', async () => {
    const [ada, boss] = [await signedIn(), await signedIn()];
    const order = { member_id: idToBytes(ada.id), subtotal: 1, discount: 0, total: 1, version: 1, created_at: new Date() };
    for (const status of ['PENDING', 'CANCELLING']) {
      await commerce
        .db('orders')
        .where({ member_id: idToBytes(ada.id) })
        .delete();
      await commerce.db('orders').insert({ ...order, id: idToBytes(newId()), status });
      expect(await statusOf(asksToGo(ada))).toBe('409 ACCOUNT_IN_USE');
    }
    await commerce
      .db('members')
      .where({ id: idToBytes(boss.id) })
      .update({ role: 'operator' });
    expect(await statusOf(asksToGo(boss))).toBe('403 FORBIDDEN');
    expect([...(await deletionsOf(ada.id)), ...(await deletionsOf(boss.id))]).toEqual([]);
    expect(await statusOf(ada.client.answer(contract.readMyDeletion))).toBe('404 NOT_FOUND');
  });
});

describe('an account that is being deleted', () => {
  const orders = ({ client }: SignedIn, productId: string) => {
    const body = { items: [{ productId, quantity: 1 }] };
    return statusOf(client.answer(contract.placeOrder, { body, idempotencyKey: newId(), headers: { prefer: 'wait=0' } }));
  };

  it('orders nothing, alone or together with others, and has no order cancelled: the points would come back into a closed wallet', async () => {
    const { db } = commerce;
    const shop = paidOrders(db);
    const [productId, ada, eve] = [await shop.product(), await signedIn(), await signedIn()];
    const { orderId } = await shop.paid([{ productId, quantity: 1 }], new Date());
    const orderOfAda = db('orders').where({ id: idToBytes(orderId) });
    await orderOfAda.clone().update({ member_id: idToBytes(ada.id) });
    const cancels = () =>
      statusOf(
        ada.client.answer(contract.cancelOrder, { params: { id: orderId }, idempotencyKey: newId(), headers: { prefer: 'wait=0' } }),
      );
    expect(await statusOf(asksToGo(ada))).toBe('202');

    const both = await Promise.all(Array.from({ length: 8 }, (_, i) => orders(i % 2 === 0 ? eve : ada, productId)));
    expect(tally(both.filter((_, i) => i % 2 === 0))).toEqual({ '202': 4 });
    expect(tally(both.filter((_, i) => i % 2 === 1))).toEqual({ '409 ACCOUNT_CLOSED': 4 });
    expect(await cancels()).toBe('409 ACCOUNT_CLOSED');
    expect(await orderOfAda.clone().pluck('status')).toEqual(['COMPLETED']);

    await deletionsOf(ada.id).update({ status: 'DONE', live_member_id: null });
    await db('members')
      .where({ id: idToBytes(ada.id) })
      .delete();
    expect([await orders(ada, productId), await cancels()]).toEqual(['409 ACCOUNT_CLOSED', '409 ACCOUNT_CLOSED']);
  });

  it('is not asked for beside an order that is being written: one of them comes first', async () => {
    const [ada, eve] = [await signedIn(), await signedIn()];
    const rowOf = ({ id }: SignedIn) =>
      commerce
        .db('members')
        .where({ id: idToBytes(id) })
        .forUpdate()
        .noWait()
        .first('id');
    await inTransaction(commerce.db, async (trx) => {
      expect(await closedAmong(trx, [eve.id, ada.id])).toEqual(new Set());
      await expect(rowOf(ada)).rejects.toMatchObject({ errno: expect.any(Number) });
      await expect(rowOf(eve)).rejects.toMatchObject({ errno: expect.any(Number) });
    });
    expect(await rowOf(ada)).toBeDefined();
  });
});

describe('an export', () => {
  const begun = async (ada: SignedIn) => (await ada.client.call(contract.requestExport)).id;
  const read = ({ client }: SignedIn, id: string) => client.call(contract.readExport, { params: { id } });
  /** As it comes from Kafka. */
  const comes = async (owner: 'payment' | 'reservation' | 'queue', part: DataPart): Promise<void> => {
    const spec = memberData(owner);
    const route = exportHandlers()
      .flatMap(({ routes }) => routes)
      .find(({ type }) => type === spec.type)!;
    const message = {
      specversion: '1.0',
      id: newId(),
      source: owner,
      type: spec.type,
      subject: part.exportId,
      time: '',
      data: part,
    } as const;
    await inTransaction(commerce.db, async (trx) => void (await route.act({ trx, consumer: 'spec', message })));
  };
  const whole = { part: 1, parts: 1, truncated: false, items: [] };

  it('is ready when every part of every section has come, in the order of its parts, and says what is more than it has', async () => {
    const ada = await signedIn();
    for (let i = 0; i < 4; i++) await commerce.signIn(ada); // five sessions, of which an export takes three here
    const exportId = await begun(ada);
    await comes('queue', { ...whole, exportId, section: 'places' });
    await comes('reservation', { ...whole, exportId, section: 'reservations' });
    await comes('payment', { ...whole, exportId, section: 'payments' });
    await comes('payment', { exportId, section: 'walletEntries', part: 2, parts: 2, truncated: true, items: [{ n: 2 }] });
    const asked: string[] = [];
    commerce.db.on('query', ({ sql }: { sql: string }) => void asked.push(sql));
    const polled = await readExport({ db: commerce.db })({ memberId: ada.id, id: exportId });
    commerce.db.removeAllListeners('query');
    expect(polled).toMatchObject({ status: 'GATHERING' });
    expect(asked.join()).toMatch(/data_export_parts/);
    expect(asked.join()).not.toMatch(/items/); // megabytes, at every poll
    await comes('payment', { exportId, section: 'walletEntries', part: 1, parts: 2, truncated: true, items: [{ n: 1 }] });
    const { status, truncated, data } = await read(ada, exportId);
    expect([status, truncated?.toSorted()]).toEqual(['READY', ['sessions', 'walletEntries']]);
    expect(data).toMatchObject({ member: [{ email: ada.email }], walletEntries: [{ n: 1 }, { n: 2 }], payments: [], orders: [] });
    expect(data!.sessions).toHaveLength(3);
    expect(await ada.client.call(contract.requestExport)).toEqual({
      id: exportId,
      status: 'READY',
      createdAt: expect.any(String),
      expiresAt: expect.any(String),
    });
  });

  it('is one for many requests at once, is its member’s alone, and gone when it has expired, with what still comes', async () => {
    const [ada, eve] = [await signedIn(), await signedIn()];
    const ids = await Promise.all(Array.from({ length: 5 }, () => begun(ada)));
    expect(new Set(ids).size).toBe(1);
    const exportId = ids[0]!;
    expect(await statusOf(eve.client.answer(contract.readExport, { params: { id: exportId } }))).toBe('404 NOT_FOUND');
    await commerce
      .db('data_exports')
      .where({ id: idToBytes(exportId) })
      .update({ expires_at: commerce.db.raw('NOW(3) - INTERVAL 1 SECOND') });
    expect(await statusOf(ada.client.answer(contract.readExport, { params: { id: exportId } }))).toBe('404 NOT_FOUND');
    expect(await purgeExports(commerce.db, 10)).toBe(1);
    await comes('queue', { ...whole, exportId, section: 'places' });
    expect(await commerce.db('data_export_parts').where({ export_id: idToBytes(exportId) })).toEqual([]);
    expect(await begun(ada)).not.toBe(exportId);
  });
});
