import { memberHash } from '@onsale/shared/auth';
import { createDatabase } from '@onsale/shared/db';
import { newId } from '@onsale/shared/ids';
import { createLog } from '@onsale/shared/log';
import { createRedis } from '@onsale/shared/redis';
import { createLine } from '../../services/queue/src/line/line.ts';
import { issuedAt } from '../../services/queue/src/places/place.ts';
import { findQueue } from '../../services/queue/src/queues/queue-store.ts';
import { takeNumbers, type SignedIn } from './in-line.ts';
import type { RoomFleet } from './room-fleet.ts';

export interface Filled {
  readonly queueId: string;
  /** Some of those in line, evenly spread. */
  readonly sample: readonly { readonly member: SignedIn; readonly token: string }[];
  /** Of Redis, for all of them. */
  readonly megabytes: number;
  readonly seconds: number;
}

const LANE = 'standard';
/** Put in line at once, a turn of the event loop each. */
const AT_ONCE = 2_000;

const usedBytes = async ({ redis }: Pick<RoomFleet, 'redis'>): Promise<number> =>
  Number(/used_memory:(\d+)/.exec(await redis.info('memory'))![1]);

/** The definition of a queue whose line is alive: with its first number it begins. */
const definitionOf = async (fleet: RoomFleet, queueId: string) => {
  await takeNumbers(fleet, queueId, await fleet.members(1));
  const db = createDatabase({ url: fleet.databases.queue!, log: createLog({ service: 'bench', level: 'error' }) });
  try {
    return (await findQueue(db, queueId))!;
  } finally {
    await db.destroy();
  }
};

/**
 * A new queue with `count` in line, put there by the script that the service runs, without gateway and service in between, where a million would take
 * minutes.
 */
export const fillLine = async (
  fleet: RoomFleet,
  { count, sample }: { readonly count: number; readonly sample: number },
): Promise<Filled> => {
  const queueId = await fleet.queue();
  const queue = await definitionOf(fleet, queueId);
  const redis = createRedis({ url: fleet.redisUrl, name: 'bench', log: createLog({ service: 'bench', level: 'error' }) });
  const line = createLine({ redis, namespace: fleet.namespace });
  const members = await fleet.members(sample);
  const every = Math.floor(count / sample);
  const numbers: number[] = [];
  const before = await usedBytes(fleet);
  const began = performance.now();
  for (let from = 0; from < count; from += AT_ONCE) {
    const entries = await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, i) => {
        const n = from + i;
        const sampled = n % every === 0 ? members[n / every] : undefined;
        return line.enqueue(queue, memberHash(sampled?.id ?? newId()), LANE);
      }),
    );
    for (const [i, entry] of entries.entries()) {
      if (entry.outcome !== 'NEW') throw new Error(`no number: ${entry.outcome}`);
      if ((from + i) % every === 0) numbers.push(entry.number);
    }
  }
  const seconds = (performance.now() - began) / 1_000;
  const megabytes = ((await usedBytes(fleet)) - before) / 2 ** 20;
  redis.disconnect();
  return {
    queueId,
    megabytes,
    seconds,
    sample: members.map((member, n) => {
      const number = numbers[n]!;
      const payload = {
        queueId,
        epoch: queue.epoch,
        number,
        lane: LANE,
        member: memberHash(member.id),
        issuedAt: issuedAt(queue.epoch, number),
      };
      return { member, token: fleet.codec.sign(payload) };
    }),
  };
};
