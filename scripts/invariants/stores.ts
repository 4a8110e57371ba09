import { createDatabase, type Database } from '@onsale/shared/db';
import { createLog } from '@onsale/shared/log';
import { createRedis, type Redis } from '@onsale/shared/redis';

/** The services whose schemas the invariants are about. */
export const readServices = ['payment', 'reservation', 'queue', 'commerce'] as const;
export type ReadService = (typeof readServices)[number];

export interface Stores extends Readonly<Record<ReadService, Database>> {
  readonly redis: Redis;
  /** Of the fleet's keys in Redis, and of its topics. */
  readonly namespace: string;
}

export interface StoresOptions {
  /** The URL of each schema. */
  readonly databases: Partial<Record<ReadService, string>>;
  readonly redisUrl: string;
  readonly namespace: string;
}

/** A store does not answer, or not with what it should have: nothing is said of the invariants then. */
export class StoreUnreadable extends Error {
  constructor(store: string, cause: unknown) {
    super(`the store of ${store} cannot be read: ${cause instanceof Error ? cause.message || String(cause) : String(cause)}`, { cause });
    this.name = 'StoreUnreadable';
  }
}

/** Some sentences read whole tables, and nobody waits for them at a counter. */
const PATIENT = { statementTimeoutMs: 120_000, connectTimeoutMs: 15_000, acquireTimeoutMs: 20_000 };

/** @throws StoreUnreadable naming the store */
export const reading = async <T>(store: string, read: () => Promise<T>): Promise<T> => {
  try {
    return await read();
  } catch (error) {
    throw error instanceof StoreUnreadable ? error : new StoreUnreadable(store, error);
  }
};

/**
 * Opens the stores, calls `use` once all of them have answered, and closes them. Nothing is ever written to them.
 * @throws StoreUnreadable naming the store that is missing or does not answer
 */
export const withStores = async <T>({ databases, redisUrl, namespace }: StoresOptions, use: (stores: Stores) => Promise<T>): Promise<T> => {
  const log = createLog({ service: 'invariants', level: 'silent' });
  const opened: { readonly end: () => unknown }[] = [];
  const open = (service: ReadService): Database => {
    const url = databases[service];
    if (url === undefined) throw new StoreUnreadable(service, 'no address of its schema is known');
    const database = createDatabase({ url, poolSize: 2, ...PATIENT, log });
    opened.push({ end: () => database.destroy() });
    return database;
  };
  try {
    const stores = { payment: open('payment'), reservation: open('reservation'), queue: open('queue'), commerce: open('commerce') };
    const redis = createRedis({ url: redisUrl, name: 'invariants', log, commandMs: 30_000 });
    opened.push({ end: () => redis.disconnect() });
    for (const service of readServices) await reading(service, async () => stores[service].raw('SELECT 1'));
    await reading('Redis', () => redis.ping());
    return await use({ ...stores, redis, namespace });
  } finally {
    await Promise.all(opened.map(({ end }) => end()));
  }
};
