import { creditOrder, debitOrder, refundOrder } from '@onsale/contracts/payment';
import { spendToken, subjectOfNumber } from '@onsale/contracts/queue';
import { saga } from '@onsale/shared/saga';
import type { completeOrder } from './complete-order.ts';
import type { failOrder } from './fail-order.ts';
import type { keepOrder } from './keep-order.ts';
import type { CameBy, Cancellation, Purchase } from './purchase.ts';
import type { releaseGoods } from './release-goods.ts';
import type { restoreGoods } from './restore-goods.ts';

interface PurchaseSteps {
  readonly releaseGoods: ReturnType<typeof releaseGoods>;
  readonly completeOrder: ReturnType<typeof completeOrder>;
  readonly failOrder: ReturnType<typeof failOrder>;
}

/** Of an order that came by one. */
const theNumber = ({ cameBy }: Purchase): CameBy => {
  if (cameBy === undefined) throw new Error('an order without a number has none to spend');
  return cameBy;
};

const isReserved = async (): Promise<void> => {};

/**
 * How an order is paid. Its goods are reserved in the request's transaction, beside the saga's first step: 409 at once when they are short. Once it is
 * paid, the number of the waiting room by which it came is spent, so that its slot is the next one's.
 */
export const orderPurchase = ({ releaseGoods, completeOrder, failOrder }: PurchaseSteps) =>
  saga<Purchase>('order-purchase')({
    reserve: { local: isReserved, undo: releaseGoods },
    debit: {
      send: debitOrder,
      subject: (_state, orderId) => orderId,
      data: ({ memberId, total }, orderId) => ({ orderId, memberId, amount: total }),
      undo: creditOrder,
    },
    complete: { local: completeOrder, pivot: true },
    spend: {
      when: ({ cameBy }) => cameBy !== undefined,
      send: spendToken,
      subject: (purchase) => subjectOfNumber(theNumber(purchase)),
      data: theNumber,
    },
  }).ends({ compensated: failOrder });

export type OrderPurchase = ReturnType<typeof orderPurchase>;

interface CancellationSteps {
  readonly restoreGoods: ReturnType<typeof restoreGoods>;
  readonly keepOrder: ReturnType<typeof keepOrder>;
}

/** How a paid order is taken back: once the points are back, goods and coupon are. */
export const orderCancellation = ({ restoreGoods, keepOrder }: CancellationSteps) =>
  saga<Cancellation>('order-cancellation')({
    refund: {
      send: refundOrder,
      subject: ({ orderId }) => orderId,
      data: ({ orderId, memberId, total }) => ({ orderId, memberId, amount: total }),
      pivot: true,
    },
    restore: { local: restoreGoods },
  }).ends({ compensated: keepOrder });

export type OrderCancellation = ReturnType<typeof orderCancellation>;
