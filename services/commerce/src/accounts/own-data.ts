import type { sectionsOf } from '@onsale/contracts';
import type { SectionReader } from '@onsale/shared/member-data';
import { listMineBelow } from '../coupons/issued-store.ts';
import { findMember } from '../members/member-store.ts';
import { listBelow } from '../orders/order-store.ts';
import { listAll } from '../sessions/session-store.ts';

type OwnSection = (typeof sectionsOf)['commerce'][number];

/** Above every id. */
const NEWEST = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** What commerce itself keeps of a member. */
export const ownData: Readonly<Record<OwnSection, SectionReader>> = {
  member: async (trx, { memberId }) => {
    const member = await findMember(trx, memberId);
    return member === undefined ? [] : [member];
  },
  sessions: async (trx, wanted) =>
    (await listAll(trx, wanted)).map(({ createdAt, expiresAt, endedAt, ...rest }) => ({
      ...rest,
      createdAt: createdAt.toISOString(),
      expiresAt: expiresAt.toISOString(),
      ...(endedAt !== undefined && { endedAt: endedAt.toISOString() }),
    })),
  orders: async (trx, wanted) =>
    (await listBelow(trx, { ...wanted, before: undefined })).map(({ version: _version, cancellationId: _saga, ...order }) => order),
  coupons: (trx, wanted) => listMineBelow(trx, { ...wanted, before: NEWEST }),
};
