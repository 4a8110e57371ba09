import { z } from 'zod';
import { CRASH_AT } from '../crash/index.ts';
// not from the folder's index: a process that only reads settings does not load its client
import { parseRedisUrl } from '../redis/redis-url.ts';

interface IntOptions {
  readonly default: number;
  readonly min?: number;
  readonly max?: number;
  /** What it is, its unit, and where its number comes from. */
  readonly about: string;
}

/** Builders for the values that an environment variable can have; each is documented by `about`. */
export const setting = {
  int: ({ default: value, min = 0, max = Number.MAX_SAFE_INTEGER, about }: IntOptions) =>
    z.coerce.number().int().min(min).max(max).default(value).describe(about),
  number: ({ default: value, min = 0, max = Number.MAX_VALUE, about }: IntOptions) =>
    z.coerce.number().min(min).max(max).default(value).describe(about),
  onOff: ({ default: value, about }: { default: boolean; about: string }) =>
    z
      .enum(['on', 'off'])
      .default(value ? 'on' : 'off')
      .transform((word) => word === 'on')
      .describe(about),
  text: ({ default: value, about }: { default?: string; about: string }) =>
    value === undefined ? z.string().min(1).describe(about) : z.string().default(value).describe(about),
  optionalText: ({ about }: { about: string }) => z.string().optional().describe(about),
  list: ({ default: value, about }: { default?: string; about: string }) => {
    const words = z.string().transform((text) =>
      text
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== ''),
    );
    return value === undefined ? words.pipe(z.array(z.string()).min(1)).describe(about) : words.prefault(value).describe(about);
  },
};

/** What every process reads. */
export const commonSettings = {
  ONSALE_MODE: z
    .enum(['production', 'development'])
    .default('production')
    .describe('development is what `npm start` says; production refuses development keys'),
  ONSALE_HOST: setting.text({ default: '0.0.0.0', about: 'address to listen on' }),
  ONSALE_PORT: z.coerce.number().int().min(0).max(65_535).describe('HTTP port; 0 takes a free one'),
  ONSALE_OPS_PORT: z.coerce.number().int().min(0).max(65_535).describe('port of /healthz, /readyz and /metrics'),
  ONSALE_NAMESPACE: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/)
    .default('onsale')
    .describe('prefix of topics, consumer groups, and Redis keys and channels'),
  ONSALE_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info').describe('least severity that is logged'),
  ONSALE_DRAIN_DELAY_SECONDS: setting.int({
    default: 5,
    max: 300,
    about:
      'how long requests are still taken after SIGTERM, so that whoever routes to this process learns from its readiness (5 s as a kubelet and its proxies take)',
  }),
  ONSALE_DRAIN_SECONDS: setting.int({ default: 20, min: 1, about: 'longest time after that for the requests under way' }),
  ONSALE_PRINCIPAL_PUBLIC_KEYS_FILE: setting.text({ about: 'file with the JWKS that principals from the gateway are verified with' }),
};

export const mysqlSettings = {
  ONSALE_MYSQL_URL: setting.text({ about: 'mysql://user:password@host:port/schema' }),
  ONSALE_MYSQL_POOL: setting.int({ default: 10, min: 1, max: 500, about: 'connections a process' }),
  ONSALE_MYSQL_ACQUIRE_MS: setting.int({ default: 3000, min: 1, about: 'longest wait for a connection' }),
  ONSALE_MYSQL_STATEMENT_MS: setting.int({ default: 3000, min: 1, about: 'deadline of a statement' }),
  ONSALE_MYSQL_LOCK_WAIT_SECONDS: setting.int({ default: 3, min: 1, about: 'innodb_lock_wait_timeout' }),
};

/** Of services that keep an audit. */
export const auditSettings = {
  ONSALE_AUDIT_DAYS: setting.int({
    default: 400,
    min: 1,
    about: 'how long it is remembered what operators changed: a year, and a month to ask about it',
  }),
};

export const redisSettings = {
  ONSALE_REDIS_URL: setting
    .text({ about: 'redis://host:port/db, redis+sentinel://host:port,host:port/master/db or redis+cluster://host:port,host:port' })
    .superRefine((url, issues) => {
      try {
        parseRedisUrl(url);
      } catch (error) {
        issues.addIssue({ code: 'custom', message: (error as Error).message });
      }
    }),
};

export const kafkaSettings = {
  ONSALE_KAFKA_BROKERS: setting.list({ about: 'host:port, comma separated' }),
  ONSALE_KAFKA_PARTITIONS: setting.int({ default: 6, min: 1, max: 1000, about: 'partitions of a topic that has to be made' }),
  ONSALE_KAFKA_REPLICATION: setting.int({ default: 1, min: 1, max: 10, about: 'replicas of a topic that has to be made' }),
  ONSALE_KAFKA_SESSION_MS: setting.int({
    default: 10_000,
    min: 6000,
    max: 300_000,
    about: 'a consumer that says nothing for so long is out of its group; least is group.min.session.timeout.ms of the brokers (6000)',
  }),
};

/** Of services that run sagas, and have requests wait for their ends. */
export const sagaSettings = {
  ONSALE_ENDS_POLLING: setting.onOff({
    default: true,
    about:
      'read every 200 ms how what requests wait for has ended, and every 250 ms what the outbox has to send; off leaves both to wake-ups and notices, but for a look at the outbox with each renewal of its leases (for tests of those)',
  }),
  ONSALE_SAGA_SWEEP_MS: setting.int({ default: 1000, min: 10, about: 'milliseconds between looks for sagas that are overdue' }),
  ONSALE_SAGA_RETRY_AFTER_MS: setting.int({
    default: 15_000,
    min: 10,
    about: 'a command without a reply is sent again after this, then less often',
  }),
  ONSALE_SAGA_FLAG_AFTER: setting.int({ default: 10, min: 1, about: 'after so many times the saga is flagged NEEDS_OPERATOR too' }),
};

/** For tests of crashes; production refuses them. */
export const crashSettings = {
  ONSALE_CRASH_AT: z
    .string()
    .regex(CRASH_AT, 'must be <name>/<moment> or <name>/<moment>#<n>')
    .optional()
    .describe('the process kills itself at this point (libs/shared/src/crash)'),
  ONSALE_CRASH_LOG: setting.optionalText({ about: 'file to which a line is appended for each such death' }),
};

/** What every service behind the gateway reads. */
export const serviceSettings = {
  ...commonSettings,
  ...mysqlSettings,
  ...auditSettings,
  ...redisSettings,
  ...kafkaSettings,
  ...crashSettings,
};
