import { PlacesChanged } from '@onsale/contracts/queue';

/** Numbers that are kept until they are looked at; the look of every second finds what is more. */
const MOST = 20_000;

const parsed = (message: string): unknown => {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
};

/** Numbers of queues that notices have told of since they were last taken. */
export const createHeard = () => {
  let told = new Map<string, Set<number>>();
  let count = 0;

  return {
    /** A notice as it came; one that is not understood says nothing. */
    hear: (message: string): void => {
      const notice = PlacesChanged.safeParse(parsed(message));
      if (!notice.success || count >= MOST) return;
      const { queueId, numbers } = notice.data;
      const known = told.get(queueId) ?? new Set();
      told.set(queueId, known);
      for (const number of numbers) known.add(number);
      count += numbers.length;
    },
    isEmpty: (): boolean => count === 0,
    take: (): ReadonlyMap<string, ReadonlySet<number>> => {
      const taken = told;
      told = new Map();
      count = 0;
      return taken;
    },
  };
};
