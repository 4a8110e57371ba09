import { PlacesChanged } from '@onsale/contracts/queue';

/** Numbers that are kept until they are looked at; of a queue that has more, all places are looked at. */
const MOST = 20_000;

/** Numbers of queues. */
export type Told = ReadonlyMap<string, ReadonlySet<number> | 'all'>;

const parsed = (message: string): unknown => {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
};

/** What notices have told of since it was last taken. */
export const createHeard = () => {
  let told = new Map<string, Set<number> | 'all'>();
  let count = 0;

  return {
    /** A notice as it came; one that is not understood says nothing. */
    hear: (message: string): void => {
      const notice = PlacesChanged.safeParse(parsed(message));
      if (!notice.success) return;
      const { queueId, numbers } = notice.data;
      const known = told.get(queueId) ?? new Set();
      if (known === 'all') return;
      count += numbers.length;
      if (count > MOST) return void told.set(queueId, 'all');
      told.set(queueId, known);
      for (const number of numbers) known.add(number);
    },
    isEmpty: (): boolean => told.size === 0,
    take: (): Told => {
      const taken = told;
      told = new Map();
      count = 0;
      return taken;
    },
  };
};
