import { describe, expect, it } from '@jest/globals';
import { planShards } from './shard-leases.ts';
import { SHARDS, shardOf } from './shard.ts';

const all = [...Array(SHARDS).keys()];

describe('shards', () => {
  it('puts an aggregate into the same one of sixteen each time, and many aggregates into all', () => {
    expect(shardOf('a')).toBe(shardOf('a'));
    expect(new Set(Array.from({ length: 1000 }, (_, i) => shardOf(`aggregate-${i}`))).size).toBe(SHARDS);
  });

  it('gives the only relay all of them', () => {
    expect(planShards({ relays: 1, mine: [], free: all })).toEqual({ keep: [], giveBack: [], take: all });
  });

  it('has a relay give back what is above its share when another comes', () => {
    expect(planShards({ relays: 2, mine: all, free: [] })).toEqual({ keep: all.slice(0, 8), giveBack: all.slice(8), take: [] });
  });

  it('leaves no shard without a relay, however many relays there are', () => {
    for (const relays of [1, 2, 3, 5, 16, 20]) {
      const share = planShards({ relays, mine: [], free: all }).take.length;
      expect(share * relays).toBeGreaterThanOrEqual(SHARDS);
    }
  });
});
