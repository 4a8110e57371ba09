import { readReservationAudit } from '@onsale/contracts/reservation';
import { auditDoors, createAuditPurge } from '@onsale/shared/audit';
import { createPrincipalVerifier } from '@onsale/shared/auth';
import { createCrashPoints } from '@onsale/shared/crash';
import { createDatabase, databaseCheck } from '@onsale/shared/db';
import { createApp } from '@onsale/shared/http';
import { createIdempotencyStore, createKeyPurge } from '@onsale/shared/idempotency';
import { newId, systemClock, type Clock, type NewId } from '@onsale/shared/ids';
import { createConsumer } from '@onsale/shared/inbox';
import { createKafkaBroker } from '@onsale/shared/kafka';
import { createService, exitOn, type Service } from '@onsale/shared/lifecycle';
import { createLocks } from '@onsale/shared/locks';
import { createLog, type Log } from '@onsale/shared/log';
import { createMetrics } from '@onsale/shared/metrics';
import { createOutbox } from '@onsale/shared/outbox';
import { createNotices, createRedis } from '@onsale/shared/redis';
import { accountHandlers } from './accounts/consumer.ts';
import { createConcert } from './concerts/create-concert.ts';
import { concertRoutes } from './concerts/routes.ts';
import type { Settings } from './config.ts';
import { confirmSale } from './holds/confirm-sale.ts';
import { purchaseHandlers } from './holds/consumer.ts';
import { expireReservations } from './holds/expire-reservations.ts';
import { holdSeats } from './holds/hold-seats.ts';
import { lockForPayment } from './holds/lock-for-payment.ts';
import { listReservations, readReservation } from './holds/read-reservations.ts';
import { releaseHold } from './holds/release-hold.ts';
import { holdRoutes } from './holds/routes.ts';
import { createSweeper } from './holds/sweep-lapsed.ts';
import { unlockAfterPayment } from './holds/unlock-after-payment.ts';
import { createSchedule } from './schedules/create-schedule.ts';
import { listDates, listSchedules, readSchedule } from './schedules/read-schedules.ts';
import { scheduleRoutes } from './schedules/routes.ts';
import { seatRoutes } from './seats/routes.ts';

const SERVICE = 'reservation';

/** What a test may put in the place of the real thing. */
export interface Overrides {
  /** Judges sale windows; holds are measured by the database's clock. */
  readonly clock?: Clock;
  readonly newId?: NewId;
  readonly log?: Log;
}

/** The service, wired by hand: engines, mechanisms, use cases, doors. Nothing is started yet. */
export const compose = async (settings: Settings, overrides: Overrides = {}): Promise<Service> => {
  const {
    clock,
    newId: makeId,
    log,
  } = { clock: systemClock, newId, log: createLog({ service: SERVICE, level: settings.logLevel }), ...overrides };
  const { mode, namespace, holds: policy } = settings;
  const metrics = createMetrics({ service: SERVICE });
  const crash = createCrashPoints(settings.crash);

  const db = createDatabase({ ...settings.mysql, log, crash });
  const redis = createRedis({ url: settings.redisUrl, name: SERVICE, log });
  const broker = createKafkaBroker({ ...settings.kafka, clientId: SERVICE, namespace, log, metrics, crash, onFatal: exitOn(log) });

  const notices = createNotices({ redis, namespace, log });
  const outbox = createOutbox({ db, broker, source: SERVICE, notices, log, metrics, crash, clock, newId: makeId });
  const locks = createLocks({ redis, namespace, log, ...settings.locks });
  const idempotency = createIdempotencyStore({ db, clock });

  const expire = expireReservations({ outbox });
  const consumer = createConsumer({
    group: SERVICE,
    db,
    broker,
    outbox,
    handlers: [
      ...purchaseHandlers({
        lockForPayment: lockForPayment({ policy, expireReservations: expire }),
        unlockAfterPayment: unlockAfterPayment({ expireReservations: expire }),
        confirmSale: confirmSale({ outbox, expireReservations: expire, log }),
      }),
      ...accountHandlers({ outbox }),
    ],
    log,
    metrics,
    crash,
    concurrency: Math.max(1, Math.floor(settings.mysql.poolSize / 2)), // the other half is for requests
  });

  const doors = [
    ...concertRoutes({ db, createConcert: createConcert({ db, clock, newId: makeId }) }),
    ...scheduleRoutes({
      listDates: listDates({ db, clock }),
      listSchedules: listSchedules({ db }),
      readSchedule: readSchedule({ db }),
      createSchedule: createSchedule({ db, outbox, clock, newId: makeId }),
    }),
    ...seatRoutes({ db }),
    ...holdRoutes({
      holdSeats: holdSeats({ db, locks, outbox, clock, newId: makeId, policy, expireReservations: expire }),
      releaseHold: releaseHold({ db, outbox }),
      readReservation: readReservation({ db }),
      listReservations: listReservations({ db }),
    }),
    ...auditDoors({ db, contract: readReservationAudit }),
  ];
  const principals = createPrincipalVerifier({ keys: settings.principalKeys });

  return createService({
    name: SERVICE,
    settings: settings.listen,
    log,
    metrics,
    app: createApp({ doors, principals, idempotency, log, metrics, crash, mode }),
    // without Redis the database decides alone, without Kafka seats are held all the same: neither is a reason to take nobody
    checks: { mysql: databaseCheck(db), consumers: () => broker.consuming() },
    parts: [
      broker,
      notices,
      outbox.relay,
      consumer,
      createSweeper({ db, expireReservations: expire, everyMs: settings.sweepMs, log, metrics }),
      createKeyPurge({ store: idempotency, clock, log }),
      createAuditPurge({ db, days: settings.auditDays, log }),
    ],
    close: [() => db.destroy(), async () => redis.disconnect()],
  });
};
