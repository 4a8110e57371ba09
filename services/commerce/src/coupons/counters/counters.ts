import { readFileSync } from 'node:fs';
import { Refusal } from '@onsale/shared/errors';
import { gatherByKey } from '@onsale/shared/gather';
import { bytesToId, idToBytes } from '@onsale/shared/ids';
import { createScript, reignLua, type Redis } from '@onsale/shared/redis';
import type { Coupon } from '../coupon.ts';
import type { Issued } from '../issued-store.ts';

/** A coupon in one of the lives of its counters. */
type CouponLife = Pick<Coupon, 'id' | 'life'>;

/**
 * PENDING: one is the member's, and has to be written before anybody is told. UNMARKED: this Redis has lost writes, or does not know of a change, and
 * decides nothing until its counters are put together again.
 */
export type Decision =
  | { readonly outcome: 'PENDING' }
  | { readonly outcome: 'HAD'; readonly memberCouponId: string }
  | { readonly outcome: 'SOLD_OUT' | 'NOT_ACTIVE' | 'UNMARKED' };

interface Ask {
  readonly coupon: Coupon;
  readonly memberId: string;
}

/** Members of one call: Redis is held for a millisecond at most. */
const ASKS = 200;
const PUTS = 500;
/** A coupon is forgotten so long after its last was issued, or after it was begun to be put together. */
const KEPT_MS = 86_400_000;

const source = (name: string): string => readFileSync(new URL(`./${name}.lua`, import.meta.url), 'utf8');

/** 16 bytes as 22 characters: what the hash has most of. */
const shortOf = (id: string): string => idToBytes(id).toString('base64url');
const longOf = (short: string): string => bytesToId(Buffer.from(short, 'base64url'));

const pairsOf = (issued: readonly Issued[]): string[] => issued.flatMap(({ id, memberId }) => [shortOf(memberId), shortOf(id)]);

const chunksOf = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));

const decisionOf = (outcome: string, id: string): Decision =>
  outcome === 'HAD' ? { outcome, memberCouponId: longOf(id) } : { outcome: outcome as 'PENDING' | 'SOLD_OUT' | 'NOT_ACTIVE' };

/** The coupon, and who is pending for it: one hash tag. */
export const couponKeys = (namespace: string, couponId: string): [string, string] => {
  const key = `${namespace}:coupon:{${couponId}}`;
  return [key, `${key}:pending`];
};

export interface CountersOptions {
  /** Without autopipelining: scripts gain nothing by it. */
  readonly redis: Redis;
  readonly namespace: string;
}

/** Who gets a coupon, decided in Redis: one script an operation, each atomic. All of it can be lost, and is put together again from the database. */
export const createCounters = ({ redis, namespace }: CountersOptions) => {
  const prelude = reignLua + source('prelude');
  const script = (name: string) => {
    const run = createScript({ redis, lua: prelude + source(name) });
    return (couponId: string, args: readonly (string | number)[]): Promise<unknown> => run(couponKeys(namespace, couponId), args);
  };
  const scripts = {
    decide: script('decide'),
    settle: script('settle'),
    overdue: script('overdue'),
    reset: script('reset'),
    put: script('put'),
    mark: script('mark'),
  };

  /** All of one coupon in one life, so of one definition. */
  const decideAll = async (asks: readonly Ask[]): Promise<Decision[]> => {
    const { id, life, issueFrom, issueUntil } = asks[0]!.coupon;
    const members = asks.map(({ memberId }) => shortOf(memberId));
    const [marked, ...flat] = (await scripts.decide(id, [life, issueFrom.getTime(), issueUntil.getTime(), ...members])) as string[];
    if (marked !== '1') return asks.map(() => ({ outcome: 'UNMARKED' }));
    return chunksOf(flat, 2).map(([outcome = '', issued = '']) => decisionOf(outcome, issued));
  };
  const decided = gatherByKey((_life: string, asks: Ask[]) => decideAll(asks), ASKS);

  return {
    /** First come, first served, one a member; asking again changes nothing. Those who ask in one turn of the event loop take one call. */
    decide: (coupon: Coupon, memberId: string): Promise<Decision> => decided(coupon.life, { coupon, memberId }),

    /** Says that they are pending no more: it is in the database. */
    settle: async ({ id, life }: CouponLife, issued: readonly Issued[]): Promise<void> => {
      await scripts.settle(id, [life, ...pairsOf(issued)]);
    },

    /** Up to `most` members who have been pending for `afterMs`. */
    overdue: async ({ id, life }: CouponLife, { afterMs, most }: { afterMs: number; most: number }): Promise<string[]> =>
      ((await scripts.overdue(id, [life, afterMs, most])) as string[]).map(longOf),

    /** Forgets everything, and decides nothing until `mark`. */
    reset: async ({ id, life }: CouponLife): Promise<void> => {
      await scripts.reset(id, [life, KEPT_MS]);
    },

    /** @throws Refusal OVERLOADED when Redis was lost since `reset` */
    put: async ({ id, life }: CouponLife, issued: readonly Issued[]): Promise<void> => {
      const put = await Promise.all(chunksOf(issued, PUTS).map((chunk) => scripts.put(id, [life, ...pairsOf(chunk)])));
      if (put.includes(0)) throw lostAgain();
    },

    /** From now on it decides, with so many left. @throws Refusal OVERLOADED when Redis was lost since `reset` */
    mark: async ({ id, life, issueUntil }: Coupon, { left, now }: { left: number; now: Date }): Promise<void> => {
      const forgetAt = Math.max(now.getTime(), issueUntil.getTime()) + KEPT_MS;
      if ((await scripts.mark(id, [life, left, forgetAt])) !== 1) throw lostAgain();
    },
  };
};

/** Nothing is known to be wrong with the request, and the next one begins anew. */
const lostAgain = (): Refusal =>
  new Refusal('OVERLOADED', 'Redis lost the coupon while it was put together again. Ask again in a moment.', { retryAfterSeconds: 1 });

export type Counters = ReturnType<typeof createCounters>;
