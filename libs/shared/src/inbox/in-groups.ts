import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Outcome, Received } from './receive.ts';

export interface GroupsOptions {
  /** All or none, and none when it rejects. */
  readonly together: (group: readonly Received[]) => Promise<readonly Outcome[]>;
  readonly alone: (received: Received) => Promise<Outcome>;
  /** An error after which nothing is tried: it would meet each of them, too. */
  readonly isAway: (error: unknown) => boolean;
  /** Transactions side by side. */
  readonly concurrency: number;
  /** Told of every group that was committed. */
  readonly onGroup: (size: number) => void;
}

/** So many share a transaction: few enough that none waits long for the others' effects, nor others for their locks. */
export const GROUP = 16;
/** Fewer, and larger, when there is much to do: commits and round trips are what messages cost. */
export const GROUPS_AT_ONCE = 2;

interface Waiting {
  readonly received: Received;
  readonly end: PromiseWithResolvers<Outcome>;
}

/**
 * Group commit: messages that come while others are under way wait for those, and then share one transaction; one that comes alone is received at
 * once, alone. When a group fails, each of it is received alone, so that nobody suffers from another's fault. Messages of one key must come one
 * after the other.
 */
export const inGroups = ({ together, alone, isAway, concurrency, onGroup }: GroupsOptions): ((received: Received) => Promise<Outcome>) => {
  const groupsAtOnce = Math.min(GROUPS_AT_ONCE, concurrency);
  const aloneAtOnce = Math.floor(concurrency / groupsAtOnce);
  const waiting: Waiting[] = [];
  let groups = 0;

  const eachAlone = async (group: readonly Waiting[]): Promise<void> => {
    const left = group.values();
    const oneAfterAnother = async (): Promise<void> => {
      for (const { received, end } of left) await alone(received).then(end.resolve, end.reject);
    };
    await Promise.all(Array.from({ length: Math.min(aloneAtOnce, group.length) }, oneAfterAnother));
  };

  const settle = async (group: readonly Waiting[]): Promise<void> => {
    if (group.length === 1) return await eachAlone(group);
    let outcomes: readonly Outcome[];
    try {
      outcomes = await together(group.map(({ received }) => received));
    } catch (error) {
      if (!isAway(error)) return await eachAlone(group);
      for (const { end } of group) end.reject(error);
      return;
    }
    onGroup(group.length);
    for (const [index, { end }] of group.entries()) end.resolve(outcomes[index]!);
  };

  const work = async (): Promise<void> => {
    groups += 1;
    await nextTurn(); // what was fetched at once begins at once
    while (waiting.length > 0) await settle(waiting.splice(0, GROUP));
    groups -= 1;
  };

  return (received) => {
    const end = Promise.withResolvers<Outcome>();
    waiting.push({ received, end });
    if (groups < groupsAtOnce) void work();
    return end.promise;
  };
};
