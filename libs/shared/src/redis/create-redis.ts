import { Cluster, Redis as SingleRedis, type RedisOptions as Options } from 'ioredis';
import type { Log } from '../log/index.ts';
import { parseRedisUrl, type RedisAddress } from './redis-url.ts';

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
  /** Deadline of a command, in milliseconds: a second, unless nobody waits for the answer. */
  readonly commandMs?: number;
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

/** A sentinel that is away is looked for again so often: it may be the one that tells of the next failover. */
const SENTINEL_REST_MS = 5000;
const sentinelRestMs = (): number => SENTINEL_REST_MS * (0.5 + Math.random());
/** Who serves which slot is asked so often, beside every time that a node says so: a batch whose commands have moved to several nodes does not learn it. */
const SLOTS_MS = 2000;

const common = ({ name, pipelining = false, commandMs = COMMAND_MS }: Pick<RedisOptions, 'name' | 'pipelining' | 'commandMs'>) =>
  ({
    connectionName: name,
    connectTimeout: CONNECT_MS,
    commandTimeout: commandMs,
    socketTimeout: Math.max(SILENCE_MS, commandMs),
    keepAlive: 10_000,
    maxRetriesPerRequest: TRIES - 1,
    autoResendUnfulfilledCommands: false, // what was under way when the connection broke may have been done: the caller is told, not served twice
    enableAutoPipelining: pipelining,
  }) satisfies Options;

/** Connects again, and asks again, when a master has become a replica: what it refused was not done. */
const reconnectOnError = (error: Error): 2 | false => (error.message.startsWith('READONLY') ? 2 : false);

type ListAddress = Exclude<RedisAddress, { kind: 'single' }>;

const clusterOf = ({ nodes, tls, credentials }: ListAddress, { enableAutoPipelining, ...options }: ReturnType<typeof common>): Cluster => {
  const cluster = new Cluster([...nodes], {
    clusterRetryStrategy: retryRestMs,
    enableAutoPipelining,
    slotsRefreshTimeout: COMMAND_MS,
    retryDelayOnFailover: 0, // as autoResendUnfulfilledCommands
    ...(tls && { dnsLookup: (host, done) => done(null, host) }), // certificates are of names
    redisOptions: { ...options, ...credentials, ...(tls && { tls: {} }) },
  });
  cluster.on('+node', (node: Redis) => keepDeadlines(node, options.commandTimeout));
  followSlots(cluster);
  boundQueue(cluster);
  return cluster;
};

const behindSentinels = (address: ListAddress & { kind: 'sentinel' }, options: ReturnType<typeof common>): Redis => {
  const { nodes, name, db, tls, credentials, sentinelCredentials } = address;
  const { username: sentinelUsername, password: sentinelPassword } = sentinelCredentials;
  /** No sentinel answers. For ioredis that is no lost connection: it would say nothing, and keep what waits for ever, settled or not. */
  const noSentinel = (times: number): number => {
    if (redis.status === 'connecting') {
      redis.emit('reconnecting');
      if (times % TRIES === 0) flush(redis);
    }
    return retryRestMs(times);
  };
  const redis: SingleRedis = new SingleRedis({
    ...options,
    ...credentials,
    ...(sentinelUsername && { sentinelUsername }),
    ...(sentinelPassword && { sentinelPassword }),
    ...(tls && { tls: {}, sentinelTLS: {}, enableTLSForSentinelMode: true }),
    sentinels: [...nodes],
    name,
    db,
    reconnectOnError,
    retryStrategy: retryRestMs,
    sentinelRetryStrategy: noSentinel,
    sentinelCommandTimeout: COMMAND_MS,
    failoverDetector: true, // a master that still answers, and is none any more, is left as soon as a sentinel says so
    sentinelReconnectStrategy: sentinelRestMs,
  });
  quieten(redis);
  return redis;
};

const connect = ({ url, ...asked }: RedisOptions): Redis => {
  const address = parseRedisUrl(url);
  const options = common(asked);
  switch (address.kind) {
    case 'single':
      return new SingleRedis(address.url, { ...options, reconnectOnError, retryStrategy: retryRestMs });
    case 'sentinel':
      return behindSentinels(address, options);
    case 'cluster':
      return clusterOf(address, options) as unknown as Redis;
  }
};

/** The connections that listen for a failover have nobody to tell of their errors, which ioredis then writes to the console. */
const quieten = (redis: Redis): void => {
  const { connector } = redis as unknown as { connector: { connectToSentinel: (...args: unknown[]) => SingleRedis } };
  const open = connector.connectToSentinel.bind(connector);
  connector.connectToSentinel = (...args) => open(...args).on('error', () => {});
};

/** By a timer of our own: that of ioredis goes on, and keeps the process, when the cluster is left while it asks. */
const followSlots = (cluster: Cluster): void => {
  const ask = (): void => {
    if (cluster.status === 'ready') cluster.refreshSlotsCache();
  };
  const timer = setInterval(ask, SLOTS_MS).unref();
  cluster.on('-node', ask);
  cluster.on('end', () => clearInterval(timer));
};

/** A whole cluster that is away keeps what waits for it for ever, settled or not: as with a single Redis, it lives through so many tries to connect. */
const boundQueue = (cluster: Cluster): void => {
  let tries = 0;
  cluster.on('ready', () => (tries = 0));
  cluster.on('reconnecting', () => {
    tries += 1;
    if (tries % TRIES === 0) flush(cluster);
  });
};

/** Tells what waits for a connection that there is none. */
const flush = (redis: object): void => {
  (redis as { flushQueue: (error: Error) => void }).flushQueue(new Error('Connection is closed.'));
};

/**
 * ioredis sends a command that waits for a connection also after its deadline, when its caller has long been told that it failed; and commands that
 * wait for a whole cluster have no deadline at all.
 */
const keepDeadlines = (redis: Redis, commandMs: number): void => {
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (command, stream, ...node: unknown[]) => {
    if (command.isSettled && stream === undefined) return command.promise;
    command.setTimeout(commandMs);
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
    sentinelRetryStrategy: retryRestMs,
  };
  const either: unknown = redis;
  const subscriber =
    either instanceof Cluster ? (either.duplicate([], { redisOptions: patient }) as unknown as Redis) : redis.duplicate(patient);
  if ('sentinels' in redis.options && redis.options.sentinels) quieten(subscriber);
  subscriber.on('error', () => {}); // the other connection logs the state of the engine
  return subscriber;
};

/** A cluster goes on without one of its nodes: one line when that goes and one when it is back. */
const logNodeChanges = (cluster: Cluster, name: string, log: Log): void => {
  const away = new Set<string>();
  cluster.on('node error', (error: unknown, node: string) => {
    if (!away.has(node)) log.warn({ engine: 'redis', client: name, node, err: error }, 'a node of redis is away');
    away.add(node);
  });
  cluster.on('+node', (connection: SingleRedis) => {
    const node = `${connection.options.host}:${connection.options.port}`;
    connection.once('ready', () => {
      if (away.delete(node)) log.info({ engine: 'redis', client: name, node }, 'a node of redis is back');
    });
  });
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
 * A client that connects at once and reconnects for ever; behind sentinels, and in a cluster, to whoever is master then. Deadlines: connect 2 s,
 * command 1 s or `commandMs`; a command waits out at most three tries to connect. It never crashes the process: away, commands reject (`isRedisAway`), and the
 * change of state is logged once.
 * @throws Error of `parseRedisUrl`
 */
export const createRedis = (options: RedisOptions): Redis => {
  const redis = connect(options);
  keepDeadlines(redis, options.commandMs ?? COMMAND_MS);
  logStateChanges(redis, options.name, options.log);
  const either: unknown = redis;
  if (either instanceof Cluster) logNodeChanges(either, options.name, options.log);
  return redis;
};

/** Every master: those of a cluster, or the one that there is. For what must be asked of, or told to, all of them. */
export const mastersOf = (redis: Redis): readonly Redis[] => {
  const either: unknown = redis;
  return either instanceof Cluster ? either.nodes('master') : [redis];
};

/**
 * Which reigns of masters there are: the answer is another one after every start and every promotion of a master, by which writes may have been lost.
 * One that is away counts as none. @throws whatever `redis` throws when nobody answers
 */
export const reignsOf = async (redis: Redis): Promise<string> => {
  await redis.ping(); // the masters of a cluster are known once it answers
  const infos = await Promise.allSettled(mastersOf(redis).map((master) => master.info('replication')));
  return infos
    .map((info) => (info.status === 'fulfilled' ? (/master_replid:(\w+)/.exec(info.value)?.[1] ?? '') : 'away'))
    .sort((a, b) => a.localeCompare(b))
    .join();
};

/** A readiness check: rejects when Redis does not answer a PING within a second. */
export const redisCheck = (redis: Redis) => async (): Promise<void> => {
  await redis.ping();
};
