import { urlOf } from '@onsale/contracts';
import * as contract from '@onsale/contracts/commerce';
import { accepted, created, implement, ok, type Answer } from '@onsale/shared/http';
import { awaitEnd, type Ends } from '@onsale/shared/saga';
import type { cancelOrder } from './cancel-order.ts';
import { CancellationFailed, OrderFailed } from './order-errors.ts';
import type { placeOrder } from './place-order.ts';
import type { listMyOrders, listOrders, readOrder, readOrderOfMember } from './read-orders.ts';

interface OrderDoors {
  readonly ends: Ends;
  readonly placeOrder: ReturnType<typeof placeOrder>;
  readonly cancelOrder: ReturnType<typeof cancelOrder>;
  readonly readOrder: ReturnType<typeof readOrder>;
  readonly listMyOrders: ReturnType<typeof listMyOrders>;
  readonly listOrders: ReturnType<typeof listOrders>;
  readonly readOrderOfMember: ReturnType<typeof readOrderOfMember>;
}

const locationOf = ({ id }: contract.Order): string => urlOf('', contract.readOrder, { id });
const underWay = (order: contract.Order): Answer => accepted(order, { location: locationOf(order), retryAfterSeconds: 1 });

/** An order as the answer to whoever placed it: paid (whatever became of it later), failed, or still under way. */
const placed = (order: contract.Order): Answer => {
  if (order.status === 'FAILED' || order.status === 'EXPIRED') throw new OrderFailed(order);
  return order.status === 'PENDING' ? underWay(order) : created(order, { location: locationOf(order) });
};

/** And to whoever cancelled it: cancelled, as it was before, or still under way. */
const cancelled = (order: contract.Order): Answer => {
  if (order.status === 'COMPLETED') throw new CancellationFailed(order);
  return order.status === 'CANCELLING' ? underWay(order) : ok(order);
};

/** The HTTP doors to orders. A key that is sent again waits for, and renders, the order that it has placed or cancelled. */
export const orderRoutes = (doors: OrderDoors) => {
  const { ends } = doors;
  return [
    implement(
      contract.placeOrder,
      ({ member, admission, body, once }) => {
        const { items, memberCouponId } = body;
        return doors.placeOrder({ memberId: member.id, admission, items, memberCouponId, once });
      },
      async ({ orderId }, { member, replayed, waitMs, signal }) => {
        const read = () => doors.readOrder({ id: orderId, memberId: member.id });
        const isUnderWay = ({ status }: contract.Order): boolean => status === 'PENDING';
        return placed(await awaitEnd({ ends, id: orderId, begun: !replayed, waitMs, signal, read, isUnderWay }));
      },
    ),
    implement(
      contract.cancelOrder,
      ({ member, params, once }) => doors.cancelOrder({ orderId: params.id, memberId: member.id, once }),
      async ({ orderId, cancellationId }, { member, waitMs, signal }) => {
        const read = () => doors.readOrder({ id: orderId, memberId: member.id });
        const isUnderWay = ({ status }: contract.Order): boolean => status === 'CANCELLING';
        return cancelled(await awaitEnd({ ends, id: cancellationId, waitMs, signal, read, isUnderWay }));
      },
    ),
    implement(contract.readOrder, async ({ member, params }) => ok(await doors.readOrder({ id: params.id, memberId: member.id }))),
    implement(contract.listMyOrders, async ({ member, query: { limit, cursor } }) =>
      ok(await doors.listMyOrders({ memberId: member.id, limit, cursor })),
    ),
    implement(contract.listOrders, async ({ query: { memberId, limit, cursor } }) =>
      ok(await doors.listOrders({ memberId, limit, cursor })),
    ),
    implement(contract.readOrderOfMember, async ({ params }) => ok(await doors.readOrderOfMember(params.id))),
  ];
};
