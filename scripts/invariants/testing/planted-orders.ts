import { inTransaction, type Database } from '@onsale/shared/db';
import { createIdempotencyStore } from '@onsale/shared/idempotency';
import { idToBytes, newId, systemClock } from '@onsale/shared/ids';
import { createKafkaBroker } from '@onsale/shared/kafka';
import { createMetrics } from '@onsale/shared/metrics';
import { createOutbox } from '@onsale/shared/outbox';
import { createEnds, createSagaRunner } from '@onsale/shared/saga';
import { captureLog, testKafka } from '@onsale/shared/testing';
import { completeOrder } from '../../../services/commerce/src/orders/complete-order.ts';
import { failOrder } from '../../../services/commerce/src/orders/fail-order.ts';
import { orderPurchase } from '../../../services/commerce/src/orders/order-saga.ts';
import { releaseGoods } from '../../../services/commerce/src/orders/release-goods.ts';
import { writeOrders } from '../../../services/commerce/src/orders/write-orders.ts';
import { insertProduct } from '../../../services/commerce/src/products/product-store.ts';
import { insertStock } from '../../../services/commerce/src/stock/stock-store.ts';
import { postTransfer } from '../../../services/payment/src/ledger/post-transfer.ts';
import { ORDER_REFERENCE } from '../../../services/payment/src/orders/consumer.ts';

/** An order of two of five at a hundred points. */
export interface PlantedOrder {
  readonly id: string;
  readonly memberId: string;
  readonly productId: string;
  readonly total: number;
  /** By which it was ordered. */
  readonly key: string;
}

/** The saga as the service has it, with a relay that is never started. */
const orderSagas = (db: Database) => {
  const { log } = captureLog();
  const metrics = createMetrics({ service: 'commerce', defaults: false });
  const broker = createKafkaBroker({ ...testKafka(), clientId: 'spec', log, metrics });
  const outbox = createOutbox({ db, broker, source: 'commerce', log, metrics });
  const ends = createEnds({ namespace: 'spec', read: async () => new Map(), metrics });
  const complete = completeOrder({ clock: systemClock, outbox, ends });
  const purchase = orderPurchase({ releaseGoods: releaseGoods(), completeOrder: complete, failOrder: failOrder({ ends }) });
  return { complete, purchase, sagas: createSagaRunner({ db, outbox, sagas: [purchase], log, metrics }) };
};

/** What commerce and payment leave in their schemas when orders are placed and paid. */
export const plantedOrders = ({ commerce: db, payment }: { commerce: Database; payment: Database }) => {
  const { complete, purchase, sagas } = orderSagas(db);
  const idempotency = createIdempotencyStore({ db, clock: systemClock });
  const write = writeOrders({ db, idempotency, sagas, purchase, payWithinMs: 300_000 });
  const post = postTransfer({ newId, clock: systemClock });

  /** Placed: the saga waits for the debit, which is in the outbox. */
  const places = async (): Promise<PlantedOrder> => {
    const [id, memberId, productId, key] = [newId(), newId(), newId(), newId()];
    const at = systemClock.now();
    await inTransaction(db, async (trx) => {
      await insertProduct(trx, { id: productId, name: 'A thing', price: 100, onSale: true, createdAt: at });
      await insertStock(trx, { productId, quantity: 5 });
    });
    const once = idempotency.once({ memberId, method: 'POST', path: '/api/v1/orders', key, requestHash: Buffer.alloc(32) });
    const items = [{ productId, quantity: 2, unitPrice: 100, version: 1 }];
    await write.alone({ draft: { id, memberId, items, subtotal: 200, admission: undefined, at }, once, traceparent: undefined });
    return { id, memberId, productId, total: 200, key };
  };

  const orders = async (): Promise<PlantedOrder> => {
    const order = await places();
    const { id, memberId, total } = order;
    await inTransaction(payment, async (trx) => {
      await post(trx, { kind: 'CHARGE', reference: newId(), memberId, amount: 5 * total });
      await post(trx, { kind: 'PAYMENT', reference: `${ORDER_REFERENCE}${id}`, memberId, amount: total });
    });
    await inTransaction(db, async (trx) => {
      await complete(trx, { id, state: { memberId, total } });
      await trx('outbox').where({ aggregate: id }).delete();
      await trx('sagas')
        .where({ id: idToBytes(id) })
        .update({ status: 'COMPLETED', step: 'complete', next_action_at: null });
    });
    return order;
  };

  return {
    places,
    /** Placed and paid. */
    orders,
    /** Points that go back for an order, as the ledger has it. */
    refunds: (orderId: string, memberId: string, amount: number) =>
      inTransaction(payment, (trx) => post(trx, { kind: 'REFUND', reference: `${ORDER_REFERENCE}${orderId}`, memberId, amount })),
  };
};
