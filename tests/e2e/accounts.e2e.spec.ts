import { DataSection } from '@onsale/contracts';
import {
  changePassword,
  createProduct,
  deleteMe,
  endMySession,
  listMySessions,
  placeOrder,
  readExport,
  readMe,
  readMyDeletion,
  refreshSession,
  requestExport,
  signIn,
  signUp,
  tokensOf,
} from '@onsale/contracts/commerce';
import { memberHash } from '@onsale/shared/auth';
import { scopeBytes } from '@onsale/shared/idempotency';
import { idToBytes, newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createMember } from '../kit/member.ts';
import { outcomeOf } from '../kit/outcome.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

let fleet: TestFleet;
let sale: Awaited<ReturnType<TestFleet['sale']>>;
beforeAll(async () => {
  fleet = await startTestFleet();
  sale = await fleet.sale({ seats: 20, price: 1_000, queue: { cap: 20 } });
});
afterAll(() => fleet?.stop());

const PASSWORD = 'correct horse battery';

/** Somebody who has really signed up, inside of the sale. */
const member = async () => {
  const email = `${newId()}@example.com`;
  const { id } = await fleet.client.call(signUp, { body: { email, password: PASSWORD, name: 'Ada Lovelace' } });
  const session = tokensOf(await fleet.client.call(signIn, { body: { email, password: PASSWORD } }));
  const { accessToken } = session;
  const visitor = createMember({ client: fleet.client, id, accessToken });
  const goes = (more: { giveUpBalance?: boolean; password?: string } = {}) =>
    outcomeOf(fleet.client.answer(deleteMe, { accessToken, body: { password: PASSWORD, ...more }, headers: { prefer: 'wait=10' } }));
  return { ...visitor, id, email, session, accessToken, goes };
};

let seat = 0;
const nextSeat = (): string => String(++seat);

/** Everything in the stores that still names the person, or could. */
const tracesOf = async ({ id, email, exportId }: { id: string; email: string; exportId?: string }) => {
  const { commerce, payment, reservation, queue } = fleet.stores.databases;
  const bytes = idToBytes(id);
  const prefix = scopeBytes({ memberId: id, method: '', path: '', key: '', requestHash: Buffer.alloc(32) }).subarray(0, 8);
  const keys = async (db: typeof payment) => (await db('idempotency_keys').whereRaw('LEFT(scope, 8) = ?', [prefix])).length;
  return {
    members: (await commerce('members').where({ id: bytes }).orWhere({ email })).length,
    aliveSessions: (await commerce('sessions').where({ member_id: bytes }).whereNull('ended_at')).length,
    exports: (await commerce('data_exports').where({ member_id: bytes })).length,
    parts: exportId === undefined ? 0 : (await commerce('data_export_parts').where({ export_id: idToBytes(exportId) })).length,
    keys: (await keys(payment)) + (await keys(reservation)) + (await keys(commerce)),
    inside: (await queue('journal').where({ live_member: memberHash(id) })).length,
  };
};
const NOTHING = { members: 0, aliveSessions: 0, exports: 0, parts: 0, keys: 0, inside: 0 };

describe('C1: the account of a member', () => {
  it('has its password changed and its sessions seen and ended', async () => {
    const ada = await member();
    const other = tokensOf(await fleet.client.call(signIn, { body: { email: ada.email, password: PASSWORD } }));
    const { accessToken } = ada;
    const { items } = await fleet.client.call(listMySessions, { accessToken });
    expect(items.map(({ current }) => current)).toEqual([false, true]);
    await fleet.client.call(endMySession, { accessToken, params: { id: items[0]!.id } });
    await fleet.atEveryGateway(async () =>
      expect(await outcomeOf(fleet.client.answer(readMe, { accessToken: other.accessToken }))).toMatchObject({ is: '401 SESSION_ENDED' }),
    );
    const changes = (currentPassword: string) =>
      outcomeOf(fleet.client.answer(changePassword, { accessToken, body: { currentPassword, newPassword: 'staple battery horse' } }));
    expect((await changes('a wrong one')).is).toBe('403 PASSWORD_WRONG');
    expect((await changes(PASSWORD)).is).toBe('204');
    expect((await outcomeOf(fleet.client.answer(signIn, { body: { email: ada.email, password: PASSWORD } }))).is).toBe(
      '401 INVALID_CREDENTIALS',
    );
    await fleet.client.call(signIn, { body: { email: ada.email, password: 'staple battery horse' } });
  });

  it('is deleted: erased in every service, the points given up by an entry of the ledger, payments kept by an id that names nobody', async () => {
    const ada = await member();
    await ada.charges(3_000);
    await ada.isAdmitted(sale.queueId);
    const held = await ada.holds(sale.scheduleId, [nextSeat()]);
    const paid = await ada.pays(held.body!.id);
    expect(paid.is).toBe('201');
    const { id: exportId } = await fleet.client.call(requestExport, { accessToken: ada.accessToken });
    expect((await tracesOf({ ...ada, exportId })).parts).toBeGreaterThan(0);
    expect((await ada.goes()).is).toBe('409 BALANCE_LEFT');
    expect((await outcomeOf(fleet.client.answer(readMyDeletion, { accessToken: ada.accessToken }))).body).toMatchObject({
      status: 'REFUSED',
      code: 'BALANCE_LEFT',
    });
    expect((await ada.charges(1_000)).is).toBe('201'); // the account is as it was
    expect((await ada.goes({ giveUpBalance: true, password: 'a wrong one' })).is).toBe('403 PASSWORD_WRONG');

    expect((await ada.goes({ giveUpBalance: true })).is).toBe('204');
    await fleet.atEveryGateway(async () =>
      expect((await outcomeOf(fleet.client.answer(readMe, { accessToken: ada.accessToken }))).is).toBe('401 SESSION_ENDED'),
    );
    const refreshed = outcomeOf(fleet.client.answer(refreshSession, { body: { refreshToken: ada.session.refreshToken } }));
    expect((await refreshed).is).toBe('401 SESSION_ENDED');
    await eventually(async () => expect(await tracesOf({ ...ada, exportId })).toEqual(NOTHING));
    await eventually(async () => expect(await fleet.stores.balanceOf(ada.id)).toEqual({ balance: 0, entries: 0 }));
    const { payment } = fleet.stores.databases;
    const entries = await payment('ledger_transactions AS t')
      .join('ledger_entries AS e', 'e.transaction_id', 't.id')
      .where({ 't.kind': 'FORFEIT' })
      .whereIn(
        't.id',
        payment('ledger_entries')
          .where({ member_id: idToBytes(ada.id) })
          .select('transaction_id'),
      )
      .orderBy('e.amount')
      .select('e.account', 'e.amount');
    expect(entries).toEqual([
      { account: 'wallet', amount: -3_000 },
      { account: 'forfeits', amount: 3_000 },
    ]);
    expect(
      await payment('payments')
        .where({ member_id: idToBytes(ada.id) })
        .pluck('status'),
    ).toEqual(['COMPLETED']);
    await fleet.client.call(signUp, { body: { email: ada.email, password: PASSWORD, name: 'Somebody else' } });
  });

  it('is not deleted while a hold lives, and is as it was; and is deleted when the hold is given back', async () => {
    const ada = await member();
    await ada.isAdmitted(sale.queueId);
    const held = await ada.holds(sale.scheduleId, [nextSeat()]);
    expect((await ada.goes()).is).toBe('409 ACCOUNT_IN_USE');
    expect((await ada.charges(1_000)).is).toBe('201');
    await ada.releases(held.body!.id);
    const both = await Promise.all([ada.goes({ giveUpBalance: true }), ada.goes({ giveUpBalance: true })]);
    expect(both.map(({ is }) => is)).toContain('204');
    await eventually(async () => expect(await tracesOf(ada)).toEqual(NOTHING));
    expect(await fleet.stores.databases.commerce('account_deletions').where({ member_id: idToBytes(ada.id), status: 'DONE' })).toHaveLength(
      1,
    );
  });

  it('is shown to its member, from every service, and to nobody else', async () => {
    const [ada, eve] = await Promise.all([member(), member()]);
    await ada.charges(2_000);
    await ada.isAdmitted(sale.queueId);
    const held = await ada.holds(sale.scheduleId, [nextSeat()]);
    const paid = await ada.pays(held.body!.id);
    const { accessToken } = ada;
    const product = { name: 'A cup', price: 300, stock: 5 };
    const { id: productId } = await fleet.asOperator(createProduct, { body: product });
    const order = { body: { items: [{ productId, quantity: 2 }] }, idempotencyKey: newId(), headers: { prefer: 'wait=10' } };
    expect((await outcomeOf(fleet.client.answer(placeOrder, { accessToken, ...order }))).is).toBe('201');
    const begun = await fleet.client.answer(requestExport, { accessToken });
    expect(begun).toMatchObject({ status: 202, body: { status: expect.stringMatching(/GATHERING|READY/) } });
    expect(begun.headers.get('location')).toBe(`/api/v1/members/me/exports/${begun.body.id}`);
    expect((await fleet.client.call(requestExport, { accessToken })).id).toBe(begun.body.id);
    const read = (token: string) => outcomeOf(fleet.client.answer(readExport, { accessToken: token, params: { id: begun.body.id } }));
    const { data } = await eventually(async () => {
      const { body } = await read(accessToken);
      expect(body).toMatchObject({ status: 'READY' });
      return body!;
    });
    expect(Object.keys(data!).sort()).toEqual([...DataSection.options].sort());
    expect(data).toMatchObject({
      member: [{ id: ada.id, email: ada.email, name: 'Ada Lovelace' }],
      sessions: [expect.objectContaining({ createdAt: expect.any(String) })],
      walletEntries: [{ amount: -600 }, { type: 'PAYMENT', amount: -1_000 }, { type: 'CHARGE', amount: 2_000 }],
      orders: [{ status: 'COMPLETED', total: 600, items: [{ productId, quantity: 2 }] }],
      payments: [{ id: paid.body!.id, status: 'COMPLETED' }],
      reservations: [{ id: held.body!.id, status: 'CONFIRMED' }],
      places: [expect.objectContaining({ queueId: sale.queueId, admittedAt: expect.any(String) })],
    });
    expect(JSON.stringify(data)).not.toMatch(/argon2|password/i);
    expect((await read(eve.accessToken)).is).toBe('404 NOT_FOUND');
  });
});
