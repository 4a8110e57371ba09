import type { Database } from '@onsale/shared/db';
import { createLookup } from '@onsale/shared/gather';
import type { IdempotencyStore } from '@onsale/shared/idempotency';
import type { Clock, NewId } from '@onsale/shared/ids';
import type { Part } from '@onsale/shared/lifecycle';
import type { Log } from '@onsale/shared/log';
import type { Metrics } from '@onsale/shared/metrics';
import type { Outbox } from '@onsale/shared/outbox';
import type { Notices } from '@onsale/shared/redis';
import { createEnds, type SagaRunner } from '@onsale/shared/saga';
import { cancelOrder } from './cancel-order.ts';
import { completeOrder } from './complete-order.ts';
import { createOrderExpiry } from './expire-orders.ts';
import { failOrder } from './fail-order.ts';
import { keepOrder } from './keep-order.ts';
import { orderCancellation, orderPurchase } from './order-saga.ts';
import { findOrders, haveEnded } from './order-store.ts';
import { placeOrder } from './place-order.ts';
import { listMyOrders, listOrders, readOrder, readOrderOfMember } from './read-orders.ts';
import { releaseGoods } from './release-goods.ts';
import { restoreGoods } from './restore-goods.ts';
import { orderRoutes } from './routes.ts';

interface Deps {
  readonly db: Database;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly outbox: Outbox;
  readonly notices: Notices;
  readonly idempotency: IdempotencyStore;
  readonly orders: {
    readonly payWithinMs: number;
    readonly together?: number;
    readonly atOnce: number;
    /** Between two looks for orders whose time is over. */
    readonly expireEveryMs: number;
  };
  /** Between two reads of the ends that requests wait for; 0 is off. */
  readonly endsPollMs: number;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Orders and their cancellations, wired by hand; `doors` and `parts` once there is the runner of the sagas. */
export const composeOrders = (deps: Deps) => {
  const { db, clock, newId, outbox, notices, idempotency, orders, endsPollMs, log, metrics } = deps;
  const { expireEveryMs, ...placing } = orders;
  const ends = createEnds({ notices, namespace: 'orders', read: (ids) => haveEnded(db, ids), pollMs: endsPollMs, metrics, log });
  const find = createLookup((ids) => findOrders(db, ids));
  const purchase = orderPurchase({
    releaseGoods: releaseGoods(),
    completeOrder: completeOrder({ clock, outbox, ends }),
    failOrder: failOrder({ ends }),
  });
  const cancellation = orderCancellation({ restoreGoods: restoreGoods({ clock, outbox, ends }), keepOrder: keepOrder({ ends }) });
  return {
    sagas: [purchase, cancellation],
    doors: (sagas: SagaRunner) =>
      orderRoutes({
        ends,
        placeOrder: placeOrder({ db, clock, newId, idempotency, sagas, purchase, log, metrics, ...placing }),
        cancelOrder: cancelOrder({ db, newId, sagas, cancellation }),
        readOrder: readOrder({ find }),
        listMyOrders: listMyOrders({ db }),
        listOrders: listOrders({ db }),
        readOrderOfMember: readOrderOfMember({ find }),
      }),
    parts: (sagas: SagaRunner): Part[] => [ends.part, createOrderExpiry({ db, sagas, log, everyMs: expireEveryMs })],
  };
};
