import { commerceSagas, readCommerceAudit } from '@onsale/contracts/commerce';
import { auditDoors, createAuditPurge } from '@onsale/shared/audit';
import { createAccessTokenSigner, createPrincipalVerifier } from '@onsale/shared/auth';
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
import { createNotices, createRedis, isRedisAway } from '@onsale/shared/redis';
import { createSagaRunner, sagaDoors } from '@onsale/shared/saga';
import { createTurns } from '@onsale/shared/turns';
import { composeAccounts } from './accounts/compose-accounts.ts';
import type { Settings } from './config.ts';
import { createCoupons } from './coupons/coupons.ts';
import { couponRoutes } from './coupons/routes.ts';
import { changeMember } from './members/change-member.ts';
import { listMembers } from './members/list-members.ts';
import { readMe } from './members/read-me.ts';
import { readMember } from './members/read-member.ts';
import { registerMember } from './members/register-member.ts';
import { memberRoutes } from './members/routes.ts';
import { changePassword } from './passwords/change-password.ts';
import { confirmPassword } from './passwords/confirm-password.ts';
import { composeOrders } from './orders/compose-orders.ts';
import { createPasswords } from './passwords/passwords.ts';
import { popularityHandlers } from './popular/consumer.ts';
import { createRankingKeeper } from './popular/keep-ranking.ts';
import { createPopularProducts } from './popular/popular-products.ts';
import { createRanking } from './popular/ranking.ts';
import { rebuildRanking } from './popular/rebuild-ranking.ts';
import { popularRoutes } from './popular/routes.ts';
import { changeProduct } from './products/change-product.ts';
import { createProduct } from './products/create-product.ts';
import { listAllProducts, listProducts, readProduct, readProductDetail } from './products/read-products.ts';
import { restockProduct } from './products/restock-product.ts';
import { productRoutes } from './products/routes.ts';
import { ownSessions } from './sessions/own-sessions.ts';
import { refreshSession } from './sessions/refresh-session.ts';
import { sessionRoutes } from './sessions/routes.ts';
import { createSessionAnnouncer } from './sessions/session-announcer.ts';
import { createSessionSweeper } from './sessions/session-sweeper.ts';
import { createSessionTokens } from './sessions/session-tokens.ts';
import { createSignInLimit } from './sessions/sign-in-limit.ts';
import { signIn } from './sessions/sign-in.ts';
import { signOut } from './sessions/sign-out.ts';

const SERVICE = 'commerce';
/** More tabs than anybody has open. */
const MAX_SIBLINGS = 20;
const ANNOUNCE_EVERY_MS = 1000;
const SWEEP_EVERY_MS = 600_000;
/** Between looks whether the ranking of popular products is there. */
const RANKING_EVERY_MS = 5000;
/** One read for all who wait, should a notice be lost. */
const ENDS_POLL_MS = 200;

/** What a test may put in the place of the real thing. */
const defaults = (settings: Settings) => ({
  clock: systemClock,
  newId,
  log: createLog({ service: SERVICE, level: settings.logLevel }),
  turns: createTurns({ what: 'sign-ins and sign-ups', ...settings.passwordHashes }),
  announceEveryMs: ANNOUNCE_EVERY_MS,
  rankingEveryMs: RANKING_EVERY_MS,
});
export type Overrides = Partial<ReturnType<typeof defaults>>;

/** The service, wired by hand: engines, use cases, doors. Nothing is started yet. */
export const compose = async (settings: Settings, overrides: Overrides = {}): Promise<Service> => {
  const { clock, newId, log, turns, announceEveryMs, rankingEveryMs } = { ...defaults(settings), ...overrides };
  const { mode, namespace, accessLifeSeconds, refreshLifeSeconds, accessKeys } = settings;
  const { endsPolling: polling } = settings;
  const metrics = createMetrics({ service: SERVICE });
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

  const ranking = createRanking({ redis, namespace });
  const rebuild = rebuildRanking({ db, ranking, clock, newId });
  const keeper = createRankingKeeper({ ranking, rebuild, clock, everyMs: rankingEveryMs, log, metrics });
  const popularProducts = createPopularProducts({ db, ranking, clock, onLost: keeper.wake, log, metrics });
  // a group of its own: it needs Redis, without which orders go on
  const popularity = createConsumer({
    group: `${SERVICE}-popular`,
    db,
    broker,
    outbox,
    handlers: popularityHandlers({ ranking }),
    alsoNeeds: { isAway: isRedisAway, ask: async () => void (await redis.ping()) },
    concurrency: 1,
    log,
    metrics,
    crash,
  });
  const { couponPendingMs: pendingMs } = settings;
  const coupons = createCoupons({ db, redis, namespace, pendingMs, clock, newId, log, metrics, crash });

  const passwords = await createPasswords({ turns, metrics });
  const limit = createSignInLimit({ redis, namespace, ...settings.signIns });
  const confirm = confirmPassword({ db, passwords, limit });
  const announcer = createSessionAnnouncer({ db, redis, namespace, accessLifeSeconds, everyMs: announceEveryMs, log, metrics });
  const accounts = composeAccounts({
    db,
    clock,
    newId,
    outbox,
    notices,
    announcer,
    confirmPassword: confirm,
    exports: settings.exports,
    endsPollMs: polling ? ENDS_POLL_MS : 0,
    purgeEveryMs: SWEEP_EVERY_MS,
    log,
    metrics,
  });

  const orders = composeOrders({
    db,
    clock,
    newId,
    outbox,
    notices,
    idempotency,
    orders: { ...settings.orders, atOnce: Math.max(1, Math.floor(settings.mysql.poolSize / 4)) }, // of the half that is for requests
    endsPollMs: polling ? ENDS_POLL_MS : 0,
    log,
    metrics,
  });

  const sagas = createSagaRunner({ db, outbox, sagas: [accounts.saga, ...orders.sagas], log, metrics, ...settings.sagas });
  const handlers = [...sagas.handlers, ...accounts.handlers];
  const concurrency = Math.max(1, Math.floor(settings.mysql.poolSize / 2)); // the other half is for requests
  const consumer = createConsumer({ group: SERVICE, db, broker, outbox, handlers, log, metrics, crash, concurrency });

  const accessTokens = createAccessTokenSigner({ keys: accessKeys, clock, lifeSeconds: accessLifeSeconds });
  const sessionTokens = createSessionTokens({ accessTokens, refreshLifeSeconds });
  const policy = { graceMs: settings.refreshGraceMs, maxUses: MAX_SIBLINGS };

  const doors = [
    ...memberRoutes({
      registerMember: registerMember({ db, passwords, clock, newId }),
      readMe: readMe({ db }),
      listMembers: listMembers({ db }),
      readMember: readMember({ db }),
      changeMember: changeMember({ db, announcer }),
    }),
    ...sessionRoutes({
      signIn: signIn({ db, passwords, limit, newId, sessionTokens, refreshLifeSeconds, announcer }),
      refreshSession: refreshSession({ db, announcer, sessionTokens, refreshLifeSeconds, policy, log, metrics }),
      signOut: signOut({ db, announcer }),
      ownSessions: ownSessions({ db, announcer }),
      changePassword: changePassword({ db, passwords, confirmPassword: confirm, announcer }),
      accessKeys,
    }),
    ...popularRoutes({ db, popularProducts, ranking, keeper }), // before those to products: `popular` is no id
    ...productRoutes({
      createProduct: createProduct({ db, clock, newId }),
      changeProduct: changeProduct({ db }),
      restockProduct: restockProduct({ db }),
      listProducts: listProducts({ db }),
      listAllProducts: listAllProducts({ db }),
      readProduct: readProduct({ db }),
      readProductDetail: readProductDetail({ db }),
    }),
    ...couponRoutes(coupons),
    ...orders.doors(sagas),
    ...accounts.doors(sagas),
    ...sagaDoors({ contract: commerceSagas, db, sagas }),
    ...auditDoors({ db, contract: readCommerceAudit }),
  ];
  const principals = createPrincipalVerifier({ keys: settings.principalKeys });

  return createService({
    name: SERVICE,
    settings: settings.listen,
    log,
    metrics,
    app: createApp({ doors, principals, idempotency, log, metrics, crash, mode }),
    // not Redis, nor Kafka: people sign in and order without them
    checks: { mysql: databaseCheck(db), consumers: () => broker.consuming() },
    parts: [
      broker,
      notices,
      outbox.relay,
      consumer,
      popularity,
      sagas.sweeper,
      keeper.part,
      announcer.part,
      coupons.reconciler,
      ...accounts.parts,
      ...orders.parts(sagas),
      createSessionSweeper({ db, everyMs: SWEEP_EVERY_MS, log }),
      createKeyPurge({ store: idempotency, clock, log }),
      createAuditPurge({ db, days: settings.auditDays, log }),
    ],
    close: [() => db.destroy(), async () => redis.disconnect()],
  });
};
