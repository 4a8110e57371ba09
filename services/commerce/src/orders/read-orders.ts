import { Id } from '@onsale/contracts';
import type { Order, OrderOfMember } from '@onsale/contracts/commerce';
import type { Database } from '@onsale/shared/db';
import { notFound } from '@onsale/shared/errors';
import { decodeCursor, pageOf, type Page } from '@onsale/shared/paging';
import * as orders from './order-store.ts';

const ofMember = ({ cancellationId: _saga, version: _version, ...order }: orders.StoredOrder): OrderOfMember => order;
const withoutMember = (order: orders.StoredOrder): Order => {
  const { memberId: _member, ...rest } = ofMember(order);
  return rest;
};

interface Reader {
  readonly find: (id: string) => Promise<orders.StoredOrder | undefined>;
}

/** One order of a member. @throws Refusal NOT_FOUND when it is not theirs */
export const readOrder =
  ({ find }: Reader) =>
  async ({ id, memberId }: { id: string; memberId: string }): Promise<Order> => {
    const order = await find(id);
    if (order?.memberId !== memberId) throw notFound('order');
    return withoutMember(order);
  };

/** Any order, for operators. @throws Refusal NOT_FOUND */
export const readOrderOfMember =
  ({ find }: Reader) =>
  async (id: string): Promise<OrderOfMember> => {
    const order = await find(id);
    if (order === undefined) throw notFound('order');
    return ofMember(order);
  };

interface Asked {
  readonly memberId: string | undefined;
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** A page of orders, newest first, with whose they are; the cursor is the last order shown. */
export const listOrders =
  ({ db }: { db: Database }) =>
  async ({ memberId, limit, cursor }: Asked): Promise<Page<OrderOfMember>> => {
    const rows = await orders.listBelow(db, { memberId, before: decodeCursor(Id, cursor), limit: limit + 1 });
    return pageOf(rows, { limit, keyOf: ({ id }) => id, view: ofMember });
  };

/** A page of a member's own. */
export const listMyOrders =
  ({ db }: { db: Database }) =>
  async ({ memberId, limit, cursor }: Asked & { memberId: string }): Promise<Page<Order>> => {
    const rows = await orders.listBelow(db, { memberId, before: decodeCursor(Id, cursor), limit: limit + 1 });
    return pageOf(rows, { limit, keyOf: ({ id }) => id, view: withoutMember });
  };
