import { openLoop } from './open-loop.ts';
import type { Client } from '@onsale/contracts';
import { createInsist } from './insist.ts';
import type { OperationsJournal } from './operations-journal.ts';
import { settleUnknown } from './settle-unknown.ts';
import { type End, type Journey, type ShoppingPlan, usualPlan } from './journey.ts';
import type { StepsOptions } from './steps.ts';
import type { StepTimes } from './step-times.ts';
import { createVisitor } from './visitor.ts';

export interface CrowdMember {
  readonly memberId: string;
  readonly accessToken: string;
}

/** What the members of a crowd come for, and how far each may come. */
export interface Shopping<E extends string> {
  readonly events: readonly E[];
  /** The way of the n-th member. */
  readonly shop: (n: number, options: StepsOptions & { readonly onEvent: (event: E) => void }) => Promise<Journey>;
}

export interface CrowdOptions<E extends string> {
  readonly client: Client;
  readonly members: readonly CrowdMember[];
  readonly shopping: Shopping<E>;
  readonly journal: OperationsJournal;
  readonly times: StepTimes;
  /** What differs from the usual plan. */
  readonly plan?: Partial<ShoppingPlan>;
  /** From [0, 1). */
  readonly random?: () => number;
  /** Sends everybody home. */
  readonly signal?: AbortSignal;
}

/** How many members have come how far, and how the journeys ended. */
export interface CrowdCounts<E extends string> {
  readonly events: Readonly<Record<E, number>>;
  readonly ends: Readonly<Partial<Record<End, number>>>;
  /** Journeys that have ended. */
  readonly ended: number;
}

/** One journey, and the milliseconds since it began, or since it should have begun. */
export interface CrowdJourney extends Journey {
  readonly memberId: string;
  readonly ms: number;
}

/** Many shoppers at once, each with a journey of its own. */
export const createCrowd = <E extends string>(options: CrowdOptions<E>) => {
  const { client, members, shopping, journal, times, plan: wanted, random = Math.random, signal } = options;
  const plan = { ...usualPlan, ...wanted };
  const events = Object.fromEntries(shopping.events.map((event) => [event, 0])) as Record<E, number>;
  const ends: Partial<Record<End, number>> = {};
  const visitors = new Map(members.map(({ memberId, accessToken }) => [memberId, createVisitor({ client, id: memberId, accessToken })]));
  const visitorOf = (memberId: string) => visitors.get(memberId)!;

  const shop = async (n: number): Promise<Journey & { memberId: string }> => {
    const memberId = members[n]!.memberId;
    const onEvent = (event: E): void => void (events[event] += 1);
    const visitor = visitorOf(memberId);
    const journey = await shopping.shop(n, { visitor, journal, times, plan, random, onEvent, ...(signal && { signal }) });
    ends[journey.end] = (ends[journey.end] ?? 0) + 1;
    return { memberId, ...journey };
  };

  const settled = async (journeys: readonly { ms: number; result: Journey & { memberId: string } }[]): Promise<CrowdJourney[]> => {
    const insist = createInsist({ withinMs: plan.operationMs, random, ...(signal && { signal }) });
    if (signal?.aborted !== true) await settleUnknown({ journal, visitorOf, insist });
    return journeys.map(({ ms, result }) => ({ ...result, ms }));
  };

  return {
    counts: (): CrowdCounts<E> => ({
      events: { ...events },
      ends: { ...ends },
      ended: Object.values(ends).reduce((sum, count) => sum + count, 0),
    }),

    /** Closed loop: so many are inside the shop or its line at once (all of them, unless said here), the next comes when one has ended. */
    together: async ({ atOnce = members.length }: { readonly atOnce?: number } = {}): Promise<CrowdJourney[]> => {
      const journeys: { ms: number; result: Journey & { memberId: string } }[] = [];
      let next = 0;
      const oneAfterAnother = async (): Promise<void> => {
        while (next < members.length) {
          const began = performance.now();
          const result = await shop(next++);
          journeys.push({ result, ms: performance.now() - began });
        }
      };
      await Promise.all(Array.from({ length: Math.min(atOnce, members.length) }, oneAfterAnother));
      return settled(journeys);
    },

    /** Open loop: members come at a fixed rate whatever the shop does, and each journey is measured from when its member should have come. */
    arriving: async ({ perSecond }: { readonly perSecond: number }): Promise<CrowdJourney[]> =>
      settled(await openLoop([...members.keys()], perSecond, shop)),
  };
};

export type Crowd<E extends string> = ReturnType<typeof createCrowd<E>>;
