import type { Database } from '../db/index.ts';
import { SHARDS } from './shard.ts';

export interface ShardLeasesOptions {
  readonly db: Database;
  /** This process; unique among all that ever ran. */
  readonly owner: string;
  readonly leaseMs: number;
  /** Resolves when nothing is being sent that was read before: only then may another relay have the shards that are given back. */
  readonly settled: () => Promise<void>;
}

export interface ShardLeases {
  /** Renews what this process owns, gives back what is above its share, and takes free shards up to it. */
  renew(): Promise<{ readonly taken: readonly number[]; readonly givenBack: readonly number[] }>;
  /** Owned still, by this process's monotonic clock: not after the lease has run out unrenewed. */
  owned(): number[];
  owns(shard: number): boolean;
  /** Gives all of it back, so that others need not wait for the end of the leases. */
  release(): Promise<void>;
}

interface Row {
  readonly name: string;
  readonly owner: string;
  readonly live: number;
}

const PRESENCE = 'outbox-relay:';
const SHARD = 'outbox-shard:';
/** The part of a lease in which its owner relies on it: the rest is for clocks and for what is being sent. */
const TRUSTED = 0.8;
const ALL: readonly number[] = [...Array(SHARDS).keys()];
const shardName = (shard: number): string => `${SHARD}${shard}`;

/** The shards that a process should hold: what it has, cut to its share of all, then free ones up to that share. */
export const planShards = ({
  relays,
  mine,
  free,
}: {
  readonly relays: number;
  readonly mine: readonly number[];
  readonly free: readonly number[];
}): { readonly keep: number[]; readonly giveBack: number[]; readonly take: number[] } => {
  const share = Math.ceil(SHARDS / Math.max(1, relays));
  const keep = mine.slice(0, share);
  return { keep, giveBack: mine.slice(share), take: free.slice(0, share - keep.length) };
};

/**
 * Who sends which shards: one lease row a shard, and one row a relay that says it is alive, all by the database's time. A relay holds at most
 * ceil(16 / relays alive), so that shards move within a renewal when a replica comes, and within `leaseMs` when one dies.
 */
export const createShardLeases = ({ db, owner, leaseMs, settled }: ShardLeasesOptions): ShardLeases => {
  const until = db.raw('NOW(3) + INTERVAL ? MICROSECOND', [leaseMs * 1000]);
  const now = db.raw('NOW(3)');
  let shards: ReadonlySet<number> = new Set();
  let ownedUntil = 0;
  let introduced = false;

  const introduce = async (): Promise<void> => {
    const rows = ALL.map((shard) => ({ name: shardName(shard), owner: '', until: now }));
    await db('leases').insert(rows).onConflict('name').ignore();
    await db('leases').where('name', 'like', `${PRESENCE}%`).where('until', '<', db.raw('NOW(3) - INTERVAL 1 HOUR')).delete();
    introduced = true;
  };

  const sayAlive = async (): Promise<void> => {
    await db('leases')
      .insert({ name: PRESENCE + owner, owner, until })
      .onConflict('name')
      .merge({ until });
  };

  const read = async (): Promise<Row[]> =>
    await db('leases')
      .where('name', 'like', `${PRESENCE}%`)
      .orWhere('name', 'like', `${SHARD}%`)
      .select('name', 'owner', db.raw('`until` > NOW(3) AS live'));

  const take = async (shard: number): Promise<boolean> =>
    (await db('leases')
      .where({ name: shardName(shard) })
      .where('until', '<=', now)
      .update({ owner, until })) === 1;

  const keepThem = async (wanted: readonly number[]): Promise<void> => {
    if (wanted.length > 0) await db('leases').whereIn('name', wanted.map(shardName)).where({ owner }).update({ until });
  };

  const giveBack = async (unwanted: readonly number[]): Promise<void> => {
    if (unwanted.length > 0) await db('leases').whereIn('name', unwanted.map(shardName)).where({ owner }).update({ until: now });
  };

  const owned = (): number[] => (performance.now() < ownedUntil ? [...shards] : []);

  return {
    renew: async () => {
      if (!introduced) await introduce();
      const began = performance.now();
      await sayAlive();
      const rows = await read();
      const live = new Map(rows.filter((row) => row.live === 1).map((row) => [row.name, row.owner]));
      const plan = planShards({
        relays: [...live.keys()].filter((name) => name.startsWith(PRESENCE)).length,
        mine: ALL.filter((shard) => live.get(shardName(shard)) === owner),
        free: ALL.filter((shard) => !live.has(shardName(shard))),
      });
      await keepThem(plan.keep);
      const taken: number[] = [];
      for (const shard of plan.take) if (await take(shard)) taken.push(shard);
      shards = new Set([...plan.keep, ...taken]);
      ownedUntil = began + leaseMs * TRUSTED;
      if (plan.giveBack.length > 0) await settled();
      await giveBack(plan.giveBack);
      return { taken, givenBack: plan.giveBack };
    },
    owned,
    owns: (shard) => shards.has(shard) && performance.now() < ownedUntil,
    release: async () => {
      const mine = [...shards];
      shards = new Set();
      await giveBack(mine);
      await db('leases')
        .where({ name: PRESENCE + owner })
        .delete();
    },
  };
};
