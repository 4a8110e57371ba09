import { crc32 } from 'node:zlib';

/** Enough that replicas share evenly, few enough that one read takes them all. Changing it needs an empty outbox. */
export const SHARDS = 16;

/** The shard of an aggregate: all its messages leave by one relay, in order. */
export const shardOf = (aggregate: string): number => crc32(aggregate) % SHARDS;
