import { readCommerceAudit } from '@onsale/contracts/commerce';
import { auditDoors } from '@onsale/shared/audit';
import { createAccessTokenSigner, createPrincipalVerifier } from '@onsale/shared/auth';
import { createDatabase, databaseCheck } from '@onsale/shared/db';
import { createApp } from '@onsale/shared/http';
import { newId, systemClock } from '@onsale/shared/ids';
import { createService, type Service } from '@onsale/shared/lifecycle';
import { createLog } from '@onsale/shared/log';
import { createMetrics } from '@onsale/shared/metrics';
import { createRedis } from '@onsale/shared/redis';
import type { Settings } from './config.ts';
import { changeMember } from './members/change-member.ts';
import { listMembers } from './members/list-members.ts';
import { readMe } from './members/read-me.ts';
import { readMember } from './members/read-member.ts';
import { registerMember } from './members/register-member.ts';
import { memberRoutes } from './members/routes.ts';
import { createPasswords } from './passwords/passwords.ts';
import { createTurns } from './passwords/turns.ts';
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

/** What a test may put in the place of the real thing. */
const defaults = (settings: Settings) => ({
  clock: systemClock,
  newId,
  log: createLog({ service: SERVICE, level: settings.logLevel }),
  turns: createTurns(settings.passwordHashes),
  announceEveryMs: ANNOUNCE_EVERY_MS,
});
export type Overrides = Partial<ReturnType<typeof defaults>>;

/** The service, wired by hand: engines, use cases, doors. Nothing is started yet. */
export const compose = async (settings: Settings, overrides: Overrides = {}): Promise<Service> => {
  const { clock, newId, log, turns, announceEveryMs } = { ...defaults(settings), ...overrides };
  const { mode, namespace, accessLifeSeconds, refreshLifeSeconds, accessKeys } = settings;
  const metrics = createMetrics({ service: SERVICE });

  const db = createDatabase({ ...settings.mysql, log });
  const redis = createRedis({ url: settings.redisUrl, name: SERVICE, log });

  const passwords = await createPasswords({ turns, metrics });
  const limit = createSignInLimit({ redis, namespace, ...settings.signIns });
  const announcer = createSessionAnnouncer({ db, redis, namespace, accessLifeSeconds, everyMs: announceEveryMs, log, metrics });
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
      signIn: signIn({ db, passwords, limit, newId, sessionTokens, refreshLifeSeconds }),
      refreshSession: refreshSession({ db, announcer, sessionTokens, refreshLifeSeconds, policy, log, metrics }),
      signOut: signOut({ db, announcer }),
      accessKeys,
    }),
    ...auditDoors({ db, contract: readCommerceAudit }),
  ];
  const principals = createPrincipalVerifier({ keys: settings.principalKeys });

  return createService({
    name: SERVICE,
    settings: settings.listen,
    log,
    metrics,
    app: createApp({ doors, principals, log, metrics, mode }),
    checks: { mysql: databaseCheck(db) }, // not Redis: everything here goes on without it
    parts: [announcer.part, createSessionSweeper({ db, everyMs: SWEEP_EVERY_MS, log })],
    close: [() => db.destroy(), async () => redis.disconnect()],
  });
};
