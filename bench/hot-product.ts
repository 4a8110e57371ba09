import { createDatabase, inTransaction } from '@onsale/shared/db';
import { createIdempotencyStore, type Once } from '@onsale/shared/idempotency';
import { newId, systemClock } from '@onsale/shared/ids';
import { createKafkaBroker } from '@onsale/shared/kafka';
import { createMetrics } from '@onsale/shared/metrics';
import { createOutbox } from '@onsale/shared/outbox';
import { createEnds, createSagaRunner } from '@onsale/shared/saga';
import { captureLog, testDatabase, testKafka } from '@onsale/shared/testing';
import { migrationsOf } from '../scripts/fleet/databases.ts';
import { summaryOf, type Summary } from '../scripts/load/latencies.ts';
import { completeOrder } from '../services/commerce/src/orders/complete-order.ts';
import { failOrder } from '../services/commerce/src/orders/fail-order.ts';
import { orderPurchase } from '../services/commerce/src/orders/order-saga.ts';
import { placeOrder } from '../services/commerce/src/orders/place-order.ts';
import { releaseGoods } from '../services/commerce/src/orders/release-goods.ts';
import { writeOrders } from '../services/commerce/src/orders/write-orders.ts';
import { insertProduct } from '../services/commerce/src/products/product-store.ts';
import { insertStock, readStock } from '../services/commerce/src/stock/stock-store.ts';
import { ms, progress, report, table } from './kit/report.ts';
import { median } from './kit/rounds.ts';

const ROUNDS = 5;
/** Buyers who ask at the same time, each again as soon as it is answered. */
const BUYERS = 200;
/** Orders of a round: a few seconds of each way. */
const ORDERS = { together: 6_000, alone: 1_200 };
const POOL = 10;
const PAY_WITHIN_MS = 300_000;

interface Round {
  readonly perSecond: number;
  readonly latency: Summary;
}

/** The service's own ways to place an order, over a schema of its own; commands stay in the outbox. */
const startOrders = async () => {
  const database = await testDatabase({ migrations: migrationsOf('commerce') });
  const { log } = captureLog();
  const db = createDatabase({ url: database.url, poolSize: POOL, acquireTimeoutMs: 30_000, log });
  const metrics = createMetrics({ service: 'commerce', defaults: false });
  const outbox = createOutbox({
    db,
    broker: createKafkaBroker({ ...testKafka(), clientId: 'bench', log, metrics }),
    source: 'commerce',
    log,
    metrics,
  });
  const ends = createEnds({ namespace: 'bench', read: async () => new Map(), metrics });
  const completed = completeOrder({ clock: systemClock, outbox, ends });
  const purchase = orderPurchase({ releaseGoods: releaseGoods(), completeOrder: completed, failOrder: failOrder({ ends }) });
  const idempotency = createIdempotencyStore({ db, clock: systemClock });
  const sagas = createSagaRunner({ db, outbox, sagas: [purchase], log, metrics });
  const deps = { db, idempotency, sagas, purchase, payWithinMs: PAY_WITHIN_MS };
  const together = placeOrder({ ...deps, clock: systemClock, newId, log, metrics, atOnce: Math.floor(POOL / 4) });
  const { alone } = writeOrders(deps);
  const onceOf = (memberId: string): Once =>
    idempotency.once({ memberId, method: 'POST', path: '/api/v1/orders', key: newId(), requestHash: Buffer.alloc(32) });

  return {
    product: async (stock: number): Promise<string> => {
      const id = newId();
      await inTransaction(db, async (trx) => {
        await insertProduct(trx, { id, name: 'A thing', price: 100, onSale: true, createdAt: systemClock.now() });
        await insertStock(trx, { productId: id, quantity: stock });
      });
      return id;
    },
    left: async (productId: string) => (await readStock(db, [productId])).get(productId)!,
    ways: {
      together: (productId: string, memberId: string): Promise<unknown> =>
        together({
          memberId,
          admission: undefined,
          items: [{ productId, quantity: 1 }],
          memberCouponId: undefined,
          once: onceOf(memberId),
        }),
      alone: (productId: string, memberId: string): Promise<unknown> => {
        const items = [{ productId, quantity: 1, unitPrice: 100, version: 1 }];
        const draft = { id: newId(), memberId, items, subtotal: 100, admission: undefined, at: systemClock.now() };
        return alone({ draft, once: onceOf(memberId), traceparent: undefined });
      },
    },
    stop: async () => {
      await db.destroy();
      await database.drop();
    },
  };
};

/** So many orders by so many buyers at a time. */
const closed = async (count: number, place: () => Promise<unknown>): Promise<Round> => {
  const times: number[] = [];
  let left = count;
  const began = performance.now();
  const buyer = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const at = performance.now();
      await place();
      times.push(performance.now() - at);
    }
  };
  await Promise.all(Array.from({ length: BUYERS }, buyer));
  return { perSecond: (count / (performance.now() - began)) * 1000, latency: summaryOf(times) };
};

const rowOf = (name: string, rounds: readonly Round[]): string[] => [
  name,
  `${median(rounds.map(({ perSecond }) => perSecond)).toFixed(0)} / s`,
  ...(['p50', 'p99'] as const).map((p) => ms(median(rounds.map(({ latency }) => latency[p])))),
];

/** Orders of one product by many buyers at once, committed: many a transaction, beside one a transaction on the same row. */
export const hotProduct = async (): Promise<void> => {
  const say = progress('hot-product');
  const orders = await startOrders();
  const inexact: string[] = [];
  const round = async (way: keyof typeof ORDERS): Promise<Round> => {
    const count = ORDERS[way];
    const productId = await orders.product(count);
    const done = await closed(count, () => orders.ways[way](productId, newId()));
    const { available, reserved } = await orders.left(productId);
    if (available !== 0 || reserved !== count) inexact.push(`${way} ${productId}`);
    return done;
  };
  try {
    say('warming up');
    await round('together');
    await round('alone');
    const rounds: Record<keyof typeof ORDERS, Round>[] = [];
    for (let n = 0; n < ROUNDS; n += 1) {
      rounds.push({ together: await round('together'), alone: await round('alone') });
      say(`${rounds[n]!.together.perSecond.toFixed(0)} orders a second together, ${rounds[n]!.alone.perSecond.toFixed(0)} alone`);
    }
    const ratio = median(rounds.map(({ together, alone }) => together.perSecond / alone.perSecond));
    report(
      'hot-product',
      [
        `Orders of one product by ${BUYERS} buyers at a time, in one process with ${POOL} connections: key, stock, order, items, saga and command, committed. ${ROUNDS} rounds in turn; medians.`,
        'Together is what the service does: those that come while others are placed share the next transaction, each with its own key and answer. Alone each has a transaction, and waits for the row.',
        '',
        table([
          ['', 'orders', 'p50', 'p99'],
          rowOf(
            'together',
            rounds.map(({ together }) => together),
          ),
          rowOf(
            'alone, on the row’s lock',
            rounds.map(({ alone }) => alone),
          ),
        ]),
        '',
        `${ratio.toFixed(1)} times the row’s lock. Aim: 1,000 orders a second, 5 times the lock. ` +
          (inexact.length === 0 ? 'In every round the stock was exactly what the orders had left.' : `NOT exact: ${inexact.join(', ')}.`),
      ].join('\n'),
    );
  } finally {
    await orders.stop();
  }
};
