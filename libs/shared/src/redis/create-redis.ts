import { Cluster, Redis as SingleRedis, type RedisOptions as Options } from 'ioredis';
import type { Log } from '../log/index.ts';
import { parseRedisUrl } from './redis-url.ts';

/** A cluster has the same commands, so it goes by the same type; what a command's keys may be differs (one hash slot). */
export type Redis = SingleRedis;

export interface RedisOptions {
  /** The forms of `parseRedisUrl`. */
  readonly url: string;
  /** Shown by CLIENT LIST and in the log. */
  readonly name: string;
  readonly log: Log;
  /** Gathers the commands of one turn of the event loop into one write: for many callers at once, and only for them. */
  readonly pipelining?: boolean;
}

const CONNECT_MS = 2000;
const COMMAND_MS = 1000;
/** A connection that answers nothing for this long is dead, whatever TCP says. */
const SILENCE_MS = 5000;
/** Tries to connect that a waiting command lives through. */
const TRIES = 3;
/** Three rests stay within the deadline of a command, so that an outage fails commands by "no connection" and leaves none to be sent after it. */
const RETRY_CAP_MS = 300;

const retryRestMs = (times: number): number => Math.min(RETRY_CAP_MS, 25 * 2 ** times) * (0.5 + Math.random() / 2);

const common = ({ name, pipelining }: Pick<RedisOptions, 'name' | 'pipelining'>) =>
  ({
    connectionName: name,
    connectTimeout: CONNECT_MS,
    commandTimeout: COMMAND_MS,
    socketTimeout: SILENCE_MS,
    keepAlive: 10_000,
    maxRetriesPerRequest: TRIES - 1,
    autoResendUnfulfilledCommands: false, // what was under way when the connection broke may have been done: the caller is told, not served twice
    enableAutoPipelining: pipelining ?? false,
  }) satisfies Options;

const connect = ({ url, name, pipelining }: RedisOptions): Redis => {
  const address = parseRedisUrl(url);
  const options = common({ name, ...(pipelining !== undefined && { pipelining }) });
  if (address.kind === 'single') return new SingleRedis(address.url, { ...options, retryStrategy: retryRestMs });
  if (address.kind === 'cluster') {
    const { enableAutoPipelining, ...redisOptions } = options;
    return new Cluster([...address.nodes], {
      clusterRetryStrategy: retryRestMs,
      enableAutoPipelining,
      slotsRefreshTimeout: COMMAND_MS,
      redisOptions: { ...redisOptions, ...address.credentials },
    }) as unknown as Redis;
  }
  return new SingleRedis({
    ...options,
    ...address.credentials,
    sentinels: [...address.nodes],
    name: address.name,
    db: address.db,
    retryStrategy: retryRestMs,
    sentinelRetryStrategy: retryRestMs,
    sentinelCommandTimeout: COMMAND_MS,
  });
};

/**
 * ioredis sends a command that waits for a connection also after its deadline, when its caller has long been told that it failed; and commands that
 * wait for a whole cluster have no deadline at all.
 */
const keepDeadlines = (redis: Redis): void => {
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (command, stream, ...node: unknown[]) => {
    if (command.isSettled && stream === undefined) return command.promise;
    command.setTimeout(COMMAND_MS);
    return Reflect.apply(send, redis, [command, stream, ...node]) as unknown;
  };
};

/** A second connection of the same kind, for subscriptions: they have no deadline, but wait for the connection and come back with it. */
export const subscriberOf = (redis: Redis): Redis => {
  const patient = {
    maxRetriesPerRequest: null,
    commandTimeout: undefined,
    socketTimeout: undefined,
    autoResendUnfulfilledCommands: true,
    enableAutoPipelining: false,
  };
  const either: unknown = redis;
  const subscriber =
    either instanceof Cluster ? (either.duplicate([], { redisOptions: patient }) as unknown as Redis) : redis.duplicate(patient);
  subscriber.on('error', () => {}); // the other connection logs the state of the engine
  return subscriber;
};

/** One line when it goes and one when it is back, however many attempts lie between. */
const logStateChanges = (redis: Redis, name: string, log: Log): void => {
  let away = false;
  let cause: unknown;
  redis.on('error', (error: unknown) => {
    cause = error; // without a listener ioredis writes to the console
  });
  redis.on('reconnecting', () => {
    if (!away) log.warn({ engine: 'redis', client: name, err: cause }, 'redis is away');
    away = true;
  });
  redis.on('ready', () => {
    if (away) log.info({ engine: 'redis', client: name }, 'redis is back');
    away = false;
    cause = undefined;
  });
};

/**
 * A client that connects at once and reconnects for ever. Deadlines: connect 2 s, command 1 s; a command waits out at most three tries to
 * connect. It never crashes the process: away, commands reject, and the change of state is logged once.
 */
export const createRedis = (options: RedisOptions): Redis => {
  const redis = connect(options);
  keepDeadlines(redis);
  logStateChanges(redis, options.name, options.log);
  return redis;
};

/** A readiness check: rejects when Redis does not answer a PING within a second. */
export const redisCheck = (redis: Redis) => async (): Promise<void> => {
  await redis.ping();
};
