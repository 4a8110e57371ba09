import type { Redis } from '@onsale/shared/redis';
import type { Place } from '../places/place.ts';
import { scoreOf, scoreRuleOf } from '../places/score.ts';
import type { QueueDefinition } from '../queues/queue.ts';
import { chunksOf, ownerOf } from './replies.ts';
import type { LineScripts } from './scripts.ts';

interface Deps {
  readonly redis: Redis;
  readonly scripts: Pick<LineScripts, 'find' | 'counters'>;
  /** What the keys of a queue begin with. */
  readonly name: (queueId: string) => string;
}

/** Keys of one step: more would hold Redis for milliseconds. */
const BATCH = 1000;

/** Looks for who waits, or was passed over, by the number alone. */
export const findPlace = ({ redis, scripts, name }: Deps) => {
  const findByScore = async (queueId: string, { number, score }: Pick<Place, 'number' | 'score'>): Promise<Place | undefined> => {
    const [key, lane] = (await scripts.find(name(queueId), [number, score])) as [string?, string?];
    return key === undefined ? undefined : { ...ownerOf(key), lane: lane!, score };
  };

  /** The score of a drawn place is its member's, who is not known: one look at each, in steps that hold Redis for no time. */
  const findDrawn = async (queue: QueueDefinition, number: number): Promise<Place | undefined> => {
    const counted = (await scripts.counters(name(queue.id), [])) as (string | number)[];
    const lanes = chunksOf(counted.slice(1), 2).map(([lane]) => String(lane));
    for (const lane of lanes) {
      for (const set of ['waiting', 'parked']) {
        for (let cursor = '0'; ;) {
          const [next, [key]] = await redis.zscan(`${name(queue.id)}:${set}:${lane}`, cursor, 'MATCH', `${number}:*`, 'COUNT', BATCH);
          if (key !== undefined) return { ...ownerOf(key), lane, score: scoreOf(queue, ownerOf(key)) };
          if (next === '0') break;
          cursor = next;
        }
      }
    }
    return undefined;
  };

  return {
    /** As far as this Redis knows. By the number's score; who is in a draw is looked for among all. */
    find: async (queue: QueueDefinition, number: number): Promise<Place | undefined> => {
      const found = await findByScore(queue.id, { number, score: scoreOf(queue, { number, member: '' }) });
      return found === undefined && number < scoreRuleOf(queue, '').drawnBelow ? findDrawn(queue, number) : found;
    },

    /** The same by the score alone, for whoever does not know the queue. */
    findByScore,
  };
};
