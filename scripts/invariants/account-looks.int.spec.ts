import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { scopeBytes } from '@onsale/shared/idempotency';
import { idToBytes, newId } from '@onsale/shared/ids';
import type { PlantedShop } from './testing/planted-shop.ts';
import { plantedShops } from './testing/planted-shops.ts';

const { start, begin, stop, brokenIn } = plantedShops();
let shop: PlantedShop;
beforeAll(start);
beforeEach(async () => {
  shop = await begin();
});
afterAll(stop);

type Status = 'UNDER_WAY' | 'REFUSED' | 'DONE';
const sagaStatus = { UNDER_WAY: 'RUNNING', REFUSED: 'COMPENSATED', DONE: 'COMPLETED' } as const;

/** A deletion as it is a minute after it has ended so, in both schemas that know of it. */
const deletion = async (status: Status) => {
  const { commerce, payment } = shop;
  const [id, memberId] = [newId(), newId()];
  const ago = commerce.raw('NOW(3) - INTERVAL 60 SECOND');
  const [bytes, member_id] = [idToBytes(id), idToBytes(memberId)];
  await commerce('account_deletions').insert({
    id: bytes,
    member_id,
    live_member_id: status === 'UNDER_WAY' ? member_id : null,
    status,
    created_at: ago,
    ended_at: status === 'UNDER_WAY' ? null : ago,
  });
  const saga = { id: bytes, type: 'account-deletion', step: 'erase', status: sagaStatus[status], data: '{"state":{}}' };
  await commerce('sagas').insert({ ...saga, next_action_at: status === 'UNDER_WAY' ? commerce.raw('NOW(3)') : null });
  await payment('wallets').insert({ member_id, balance: 0, version: 0, closed_by: status === 'REFUSED' ? null : bytes });
  return { id: bytes, memberId, member_id };
};
type Planted = Awaited<ReturnType<typeof deletion>>;

describe('accounts that are deleted', () => {
  it('break no invariant, whatever came of it', async () => {
    for (const status of ['UNDER_WAY', 'REFUSED', 'DONE'] as const) await deletion(status);
    expect(await brokenIn(shop)).toEqual([]);
  });

  const faults: [string, string, Status, (planted: Planted) => Promise<unknown>][] = [
    ['I7', 'a deletion whose saga is no more', 'UNDER_WAY', ({ id }) => shop.commerce('sagas').where({ id }).delete()],
    [
      'I7',
      'one that was refused by a saga that went through',
      'REFUSED',
      ({ id }) => shop.commerce('sagas').where({ id }).update({ status: 'COMPLETED' }),
    ],
    [
      'I8',
      'a session that goes on',
      'DONE',
      ({ member_id }) => {
        const now = shop.commerce.raw('NOW(3)');
        return shop.commerce('sessions').insert({ id: idToBytes(newId()), member_id, created_at: now, expires_at: now });
      },
    ],
    [
      'I8',
      'a part of an export that is not there',
      'DONE',
      ({ id }) =>
        shop.commerce('data_export_parts').insert({ export_id: id, section: 'places', part: 1, parts: 1, truncated: false, items: '[]' }),
    ],
    [
      'I8',
      'a wallet that stayed closed',
      'REFUSED',
      ({ id, member_id }) => shop.payment('wallets').where({ member_id }).update({ closed_by: id }),
    ],
    [
      'I8',
      'a wallet that stayed open',
      'DONE',
      ({ member_id }) => shop.payment('wallets').where({ member_id }).update({ closed_by: null }),
    ],
    [
      'I2 I8',
      'points in a wallet of nobody, and from nowhere',
      'DONE',
      ({ member_id }) => shop.payment('wallets').where({ member_id }).update({ balance: 300 }),
    ],
    [
      'I8 I10',
      'an answer that is still kept',
      'DONE',
      ({ memberId }) => {
        const scope = scopeBytes({ memberId, method: 'POST', path: '/p', key: 'k', requestHash: Buffer.alloc(32) });
        const created_at = shop.reservation.raw('NOW(3) - INTERVAL 90 SECOND');
        return shop.reservation('idempotency_keys').insert({ scope, request_hash: Buffer.alloc(32), value: '{}', created_at });
      },
    ],
  ];
  it.each(faults)('%s: %s', async (invariant, _fault, status, plant) => {
    await plant(await deletion(status));
    expect((await brokenIn(shop)).join(' ')).toBe(invariant);
  });
});
