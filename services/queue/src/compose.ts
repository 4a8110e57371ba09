import { readQueueAudit } from '@onsale/contracts/queue';
import { auditDoors, createAuditPurge } from '@onsale/shared/audit';
import { createPrincipalVerifier, createQueueTokenCodec } from '@onsale/shared/auth';
import { createCrashPoints, type CrashPoints } from '@onsale/shared/crash';
import { createDatabase, databaseCheck, type Database } from '@onsale/shared/db';
import { createApp } from '@onsale/shared/http';
import { systemClock } from '@onsale/shared/ids';
import { createConsumer, type Handler } from '@onsale/shared/inbox';
import { createKafkaBroker } from '@onsale/shared/kafka';
import { createService, exitOn, type Service, type ServiceOptions } from '@onsale/shared/lifecycle';
import { createLog, type Log } from '@onsale/shared/log';
import { createMetrics, type Metrics } from '@onsale/shared/metrics';
import { createOutbox, type Outbox } from '@onsale/shared/outbox';
import { createNotices, createRedis, redisCheck, type Notices } from '@onsale/shared/redis';
import { accountHandlers } from './accounts/consumer.ts';
import type { Settings } from './config.ts';
import { createInvitationPurge } from './grants/purge-invitations.ts';
import { createJournalPurge } from './journal/purge-journal.ts';
import { evictionCheck } from './line/eviction-check.ts';
import { drawRoutes } from './opening/routes.ts';
import { placeHandlers } from './places/consumer.ts';
import { grantRoutes } from './grants/routes.ts';
import { placeRoutes } from './places/routes.ts';
import { queueHandlers } from './queues/consumer.ts';
import { queueRoutes } from './queues/routes.ts';
import { createRoom } from './room.ts';

const SERVICE = 'queue';

/** What a test may put in the place of the real thing. */
const defaults = (settings: Settings) => ({
  clock: systemClock,
  random: Math.random,
  log: createLog({ service: SERVICE, level: settings.logLevel }),
});
export type Overrides = Partial<ReturnType<typeof defaults>>;

interface Messaging {
  readonly settings: Settings;
  readonly db: Database;
  readonly notices: Notices;
  readonly handlers: (outbox: Outbox) => readonly Handler[];
  readonly log: Log;
  readonly metrics: Metrics;
  readonly crash: CrashPoints | undefined;
}

/** Kafka brings new schedules and completed purchases; without brokers there is none of it. */
const messaging = ({ settings, db, notices, handlers, log, metrics, crash }: Messaging): Pick<ServiceOptions, 'parts' | 'checks'> => {
  if (settings.kafka.brokers.length === 0) return { parts: [], checks: {} };
  const { namespace, kafka, mysql } = settings;
  const broker = createKafkaBroker({ ...kafka, clientId: SERVICE, namespace, log, metrics, crash, onFatal: exitOn(log) });
  const outbox = createOutbox({ db, broker, source: SERVICE, notices, log, metrics, crash });
  const concurrency = Math.max(1, Math.floor(mysql.poolSize / 2)); // the other half is for requests and ticks
  const consumer = createConsumer({ group: SERVICE, db, broker, outbox, handlers: handlers(outbox), log, metrics, crash, concurrency });
  return { parts: [broker, outbox.relay, consumer], checks: { consumers: () => broker.consuming() } };
};

/** The service, wired by hand: engines, rooms, doors. Nothing is started yet. */
export const compose = async (settings: Settings, overrides: Overrides = {}): Promise<Service> => {
  const { clock, random, log } = { ...defaults(settings), ...overrides };
  const { mode, namespace } = settings;
  const metrics = createMetrics({ service: SERVICE });
  const crash = createCrashPoints(settings.crash);

  const db = createDatabase({ ...settings.mysql, log, crash });
  const redis = createRedis({ url: settings.redisUrl, name: SERVICE, log });
  const notices = createNotices({ redis, namespace, log });
  const codec = createQueueTokenCodec({ secrets: settings.tokenSecrets });

  const room = createRoom({ db, redis, notices, codec, settings, clock, random, log, metrics, crash });
  const doors = [
    ...queueRoutes(room),
    ...drawRoutes(room),
    ...placeRoutes(room),
    ...grantRoutes(room),
    ...auditDoors({ db, contract: readQueueAudit }),
  ];
  const handlers = (outbox: Outbox) => [...queueHandlers(room), ...placeHandlers(room), ...accountHandlers({ ...room, outbox })];
  const principals = createPrincipalVerifier({ keys: settings.principalKeys });
  const kafka = messaging({ settings, db, notices, handlers, log, metrics, crash });
  const checkMysql = databaseCheck(db);
  const checkRedis = redisCheck(redis);

  return createService({
    name: SERVICE,
    settings: settings.listen,
    log,
    metrics,
    app: createApp({ doors, principals, log, metrics, crash, mode }),
    // with either of them those inside can go on
    checks: { 'redis or mysql': () => Promise.any([checkRedis(), checkMysql()]), ...kafka.checks },
    parts: [
      evictionCheck({ redis, log }),
      notices,
      ...kafka.parts,
      room.ticker.part,
      createJournalPurge({ db, days: settings.journalDays, log }),
      createInvitationPurge({ db, days: settings.journalDays, log }),
      createAuditPurge({ db, days: settings.auditDays, keepNewest: true, log }), // the caps and states in force are asked for (journalChecks)
    ],
    close: [() => db.destroy(), async () => redis.disconnect()],
  });
};
