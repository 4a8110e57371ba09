import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as rest } from 'node:timers/promises';
import type { Owner } from '@onsale/contracts';
import type { CrashPoints } from '../crash/index.ts';
import type { Database } from '../db/index.ts';
import type { Broker } from '../kafka/index.ts';
import { loop, type Part } from '../lifecycle/index.ts';
import type { Log } from '../log/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Notices } from '../redis/index.ts';
import { oldestAgeSeconds, outgoing, readLowest, removeSent, type OutboxRow } from './outbox-store.ts';
import { createShardLeases } from './shard-leases.ts';

export interface Relay extends Part {
  /** There may be something in these shards. */
  wake(shards: readonly number[]): void;
}

export interface RelayOptions {
  readonly db: Database;
  readonly broker: Broker;
  /** The service that speaks; replies to its commands come to `<source>.replies`. */
  readonly source: Owner;
  /** Wakes the relay of another process that owns the shard; without it that relay finds the message when it polls. */
  readonly notices?: Pick<Notices, 'publish' | 'on'>;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Milliseconds between looks at the table for what no wake-up told of; with 0 each renewal of the leases looks alone. */
  readonly pollMs?: number;
  /** How long a relay owns a shard without renewing: so long a killed process delays its shards. */
  readonly leaseMs?: number;
  readonly crash?: CrashPoints | undefined;
}

const POLL_MS = 250;
const LEASE_MS = 5000;
/** The notice that shards have become free: the other relays need not wait for their next renewal. */
const FREE = 'free';
/** Rows of a shard in one batch: enough for a stampede. */
const BATCH = 100;
/** Bytes of one batch, unless a single row has more: Kafka takes 1 MiB for a partition, and all of it may go to one. */
const BATCH_BYTES = 512 * 1024;
const BACKOFF_MS = 50;
const BACKOFF_CAP_MS = 2000;
/** So long `stop` tries to send what is left; what then remains is another relay's, or the next process's. */
const FLUSH_MS = 5000;
/** Of the time in which a process stops: enough to send what a burst has left. */
const RESERVED_MS = 3000;

/** The first rows that fit into one batch: in the order of ids, so that no shard loses its order. */
const fitting = (rows: readonly OutboxRow[]): readonly OutboxRow[] => {
  let bytes = 0;
  const end = rows.findIndex(({ payload }, i) => (bytes += Buffer.byteLength(payload)) > BATCH_BYTES && i > 0);
  return end === -1 ? rows : rows.slice(0, end);
};

/**
 * Sends the rows of the shards that this process owns: read the lowest ids, publish one batch, delete them by id, again until there are none. One
 * batch is under way at a time, so that what gathers meanwhile is the next one. A failure leaves the rows where they are, to be sent again.
 */
export const createRelay = (options: RelayOptions): Relay => {
  const { db, broker, source, notices, log, metrics, pollMs = POLL_MS, leaseMs = LEASE_MS, crash } = options;
  const channel = `outbox:${source}`;
  const dirty = new Set<number>();
  /** Since when this process has not been able to send, and until when it leaves the shards to others for that. */
  let failingSince: number | undefined;
  let restingUntil = 0;
  let sending: Promise<void> | undefined;
  let batch: Promise<void> | undefined;
  const stopping = new AbortController();
  const leases = createShardLeases({ db, owner: randomUUID(), leaseMs, settled: async () => void (await Promise.allSettled([batch])) });

  const batchSize = metrics.histogram({
    name: 'onsale_outbox_batch_size',
    help: 'Messages in a batch of the relay',
    buckets: [1, 2, 5, 10, 50, 100, 500, 1600],
  });
  const sent = metrics.counter({ name: 'onsale_outbox_sent_total', help: 'Messages that left the outbox' });
  const failed = metrics.counter({ name: 'onsale_outbox_failures_total', help: 'Batches that have to be sent again' });
  const woken = metrics.counter({
    name: 'onsale_outbox_woken_total',
    help: 'Shards of this process that were told of, by a commit of this process or by the notice of another',
    labels: ['how'],
  });
  const lag = metrics.gauge({ name: 'onsale_outbox_lag_seconds', help: 'Age of the oldest message in the outbox' });
  const ownedShards = metrics.gauge({ name: 'onsale_outbox_shards', help: 'Shards that this process sends' });

  const sendBatch = async (shards: readonly number[]): Promise<void> => {
    const found = await readLowest(db, shards, BATCH);
    const rows = fitting(found);
    if (rows.length === 0) return;
    await broker.publish(rows.map(outgoing));
    crash?.hit('after-publish', rows);
    await removeSent(db, rows);
    batchSize.observe(rows.length);
    sent.inc(rows.length);
    failingSince = undefined;
    for (const { shard } of found.slice(rows.length)) dirty.add(shard);
    for (const shard of shards) if (rows.filter((row) => row.shard === shard).length === BATCH) dirty.add(shard);
  };

  const drain = async (): Promise<void> => {
    await nextTurn(); // a commit wakes for each message that it wrote: they leave in one batch
    for (let failures = 0; !stopping.signal.aborted;) {
      const shards = leases.owned().filter((shard) => dirty.has(shard));
      if (shards.length === 0) return;
      for (const shard of shards) dirty.delete(shard);
      try {
        batch = sendBatch(shards);
        await batch;
        failures = 0;
      } catch (error) {
        for (const shard of shards) dirty.add(shard);
        failed.inc();
        failures += 1;
        failingSince ??= performance.now();
        log.warn({ err: error, failures }, 'a batch of the outbox was not sent; it will be');
        const ms = Math.min(BACKOFF_CAP_MS, BACKOFF_MS * 2 ** failures) * (0.5 + Math.random() / 2);
        await rest(ms, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }
  };

  const pump = (): void => {
    if (sending !== undefined || stopping.signal.aborted) return;
    sending = drain().finally(() => {
      sending = undefined;
      if (leases.owned().some((shard) => dirty.has(shard))) pump();
    });
  };

  /** Marks and sends what is this process's; answers with the shards that are another's. */
  const mark = (shards: readonly number[]): number[] => {
    const foreign = shards.filter((shard) => !leases.owns(shard));
    for (const shard of shards) if (leases.owns(shard)) dirty.add(shard);
    if (dirty.size > 0) pump();
    return [...new Set(foreign)];
  };

  const tell = (shards: readonly number[], how: 'process' | 'notice'): number[] => {
    const foreign = mark(shards);
    const own = new Set(shards).size - foreign.length;
    if (own > 0) woken.inc({ how }, own);
    return foreign;
  };

  /** A relay that reaches its tables but not Kafka must not keep the shards from one that reaches both. */
  const giveUp = async (): Promise<void> => {
    failingSince = undefined;
    restingUntil = performance.now() + leaseMs / 2;
    await leases.release();
    log.warn('nothing could be sent for a whole lease: the shards are left to other relays for a while');
    void notices?.publish(channel, FREE);
  };

  const renew = async (): Promise<void> => {
    if (performance.now() < restingUntil) return;
    if (failingSince !== undefined && performance.now() - failingSince > leaseMs) return giveUp();
    const { givenBack } = await leases.renew();
    mark(leases.owned()); // what was taken, and what no wake-up told of: a row must not wait for the next commit to its shard
    if (givenBack.length > 0) void notices?.publish(channel, FREE);
  };

  const ignore = (error: unknown): void => log.warn({ err: error }, 'the outbox relay could not reach its tables');
  const renewal = loop({
    name: 'outbox leases',
    everyMs: leaseMs / 3.5,
    turn: async () => {
      await renew();
      ownedShards.set(leases.owned().length);
      lag.set(await oldestAgeSeconds(db));
    },
    onError: ignore,
  });
  const polling = loop({ name: 'outbox poll', everyMs: pollMs, turn: async () => void mark(leases.owned()), onError: ignore });
  let unsubscribe: (() => void) | undefined;

  return {
    name: 'outbox relay',
    reservedMs: RESERVED_MS,
    wake: (shards) => {
      const foreign = tell(shards, 'process');
      if (foreign.length > 0) void notices?.publish(channel, foreign.join(','));
    },
    start: async () => {
      unsubscribe = notices?.on(channel, (message) => {
        if (message === FREE) renewal.wake();
        else tell(message.split(',').map(Number), 'notice');
      });
      await renew();
      await renewal.start();
      if (pollMs > 0) await polling.start();
    },
    stop: async () => {
      unsubscribe?.();
      if (pollMs > 0) await polling.stop();
      await renewal.stop();
      mark(leases.owned());
      const flush = new AbortController();
      await Promise.race([sending, rest(FLUSH_MS, undefined, { signal: flush.signal }).catch(() => {})]);
      flush.abort();
      stopping.abort();
      await sending;
      await leases.release();
      await notices?.publish(channel, FREE);
    },
  };
};
