import { paymentSagas, readPaymentAudit } from '@onsale/contracts/payment';
import { auditDoors, createAuditPurge } from '@onsale/shared/audit';
import { createPrincipalVerifier } from '@onsale/shared/auth';
import { createCrashPoints } from '@onsale/shared/crash';
import { createDatabase, databaseCheck } from '@onsale/shared/db';
import { createApp } from '@onsale/shared/http';
import { createIdempotencyStore, createKeyPurge } from '@onsale/shared/idempotency';
import { newId, systemClock } from '@onsale/shared/ids';
import { createConsumer } from '@onsale/shared/inbox';
import { createKafkaBroker } from '@onsale/shared/kafka';
import { createService, exitOn, type Service } from '@onsale/shared/lifecycle';
import { createLog } from '@onsale/shared/log';
import { createMetrics } from '@onsale/shared/metrics';
import { createOutbox } from '@onsale/shared/outbox';
import { createNotices, createRedis } from '@onsale/shared/redis';
import { createEnds, createSagaRunner, sagaDoors } from '@onsale/shared/saga';
import type { Settings } from './config.ts';
import { accountHandlers } from './accounts/consumer.ts';
import { eraseMember } from './accounts/erase-member.ts';
import { creditWallet } from './ledger/credit-wallet.ts';
import { debitWallet } from './ledger/debit-wallet.ts';
import { postTransfer } from './ledger/post-transfer.ts';
import { orderHandlers } from './orders/consumer.ts';
import { awaitPayment } from './payments/await-payment.ts';
import { listPayments } from './payments/list-payments.ts';
import { haveEnded } from './payments/payment-store.ts';
import { readPayment } from './payments/read-payment.ts';
import { paymentRoutes } from './payments/routes.ts';
import { startPayment } from './payments/start-payment.ts';
import { completePayment } from './purchase/complete-payment.ts';
import { failPayment } from './purchase/fail-payment.ts';
import { ticketPurchase } from './purchase/purchase-saga.ts';
import { chargeWallet } from './wallet/charge-wallet.ts';
import { listEntries } from './wallet/list-entries.ts';
import { walletRoutes } from './wallet/routes.ts';

const SERVICE = 'payment';
/** One read for all who wait, should a notice be lost. */
const ENDS_POLL_MS = 200;

/** What a test may put in the place of the real thing. */
const defaults = (settings: Settings) => ({
  clock: systemClock,
  newId,
  log: createLog({ service: SERVICE, level: settings.logLevel }),
  metrics: createMetrics({ service: SERVICE }),
});
export type Overrides = Partial<ReturnType<typeof defaults>>;

/** The service, wired by hand: engines, use cases, saga, doors. Nothing is started yet. */
export const compose = (settings: Settings, overrides: Overrides = {}): Service => {
  const { clock, newId, log, metrics } = { ...defaults(settings), ...overrides };
  const { mode, namespace, endsPolling: polling } = settings;
  const crash = createCrashPoints(settings.crash);

  const db = createDatabase({ ...settings.mysql, log, crash });
  const redis = createRedis({ url: settings.redisUrl, name: SERVICE, log });
  const notices = createNotices({ redis, namespace, log });
  const broker = createKafkaBroker({ ...settings.kafka, clientId: SERVICE, namespace, log, metrics, crash, onFatal: exitOn(log) });
  const outbox = createOutbox({
    db,
    broker,
    source: SERVICE,
    notices,
    log,
    metrics,
    crash,
    clock,
    newId,
    ...(polling ? {} : { pollMs: 0 }),
  });
  const idempotency = createIdempotencyStore({ db, clock });
  const ends = createEnds({
    notices,
    namespace: SERVICE,
    read: (ids) => haveEnded(db, ids),
    pollMs: polling ? ENDS_POLL_MS : 0,
    metrics,
    log,
  });

  const post = postTransfer({ newId, clock });
  const wallets = { debitWallet: debitWallet({ post }), creditWallet: creditWallet({ post }) };
  const purchase = ticketPurchase({
    ...wallets,
    completePayment: completePayment({ clock, outbox, ends }),
    failPayment: failPayment({ outbox, ends }),
  });
  const sagas = createSagaRunner({ db, outbox, sagas: [purchase], log, metrics, ...settings.sagas });
  const concurrency = Math.max(1, Math.floor(settings.mysql.poolSize / 2)); // the other half is for requests
  const accounts = accountHandlers({ eraseMember: eraseMember({ post }), outbox });
  const handlers = [...sagas.handlers, ...accounts, ...orderHandlers({ ...wallets, post })];
  const consumer = createConsumer({ group: SERVICE, db, broker, outbox, handlers, log, metrics, crash, concurrency });

  const read = readPayment({ db });
  const doors = [
    ...walletRoutes({
      db,
      chargeWallet: chargeWallet({ db, newId, outbox, post, minimum: settings.chargeMinimum }),
      listEntries: listEntries({ db }),
    }),
    ...paymentRoutes({
      readPayment: read,
      startPayment: startPayment({ db, clock, newId, sagas, purchase }),
      awaitPayment: awaitPayment({ readPayment: read, ends }),
      listPayments: listPayments({ db }),
    }),
    ...sagaDoors({ contract: paymentSagas, db, sagas }),
    ...auditDoors({ db, contract: readPaymentAudit }),
  ];
  const principals = createPrincipalVerifier({ keys: settings.principalKeys });

  return createService({
    name: SERVICE,
    settings: settings.listen,
    log,
    metrics,
    app: createApp({ doors, principals, idempotency, log, metrics, crash, mode }),
    // not Kafka: without it wallets are charged and read, and payments go on when it is back
    checks: { mysql: databaseCheck(db), consumers: () => broker.consuming() },
    parts: [
      broker,
      notices,
      ends.part,
      outbox.relay,
      consumer,
      sagas.sweeper,
      createKeyPurge({ store: idempotency, clock, log }),
      createAuditPurge({ db, days: settings.auditDays, log }),
    ],
    close: [() => db.destroy(), async () => redis.disconnect()],
  });
};
