import { eventually } from '@onsale/shared/testing';
import { hasCopy, startRedisNodes, type RedisNode } from './redis-nodes.ts';

const NAME = 'onsale';
const SENTINELS = 3;
/** A master that says nothing for so long is looked at as dead: long enough for a busy machine. */
const DOWN_MS = 3000;

const fieldsOf = (flat: unknown): Record<string, string | undefined> => {
  const list = flat as string[] | Record<string, string>;
  return Array.isArray(list) ? Object.fromEntries(list.flatMap((name, i) => (i % 2 === 0 ? [[name, list[i + 1]]] : []))) : list;
};

/** A master, a replica, and three sentinels that watch them. Settles when each knows of all others. */
export const startSentinels = async () => {
  const nodes = await startRedisNodes(2 + SENTINELS);
  try {
    const master = await nodes.start({});
    const replica = await nodes.start({ args: ['--replicaof', '127.0.0.1', String(master.port)] });
    await eventually(() => hasCopy(replica));
    const config = [
      `sentinel monitor ${NAME} 127.0.0.1 ${master.port} 2`,
      `sentinel down-after-milliseconds ${NAME} ${DOWN_MS}`,
      `sentinel failover-timeout ${NAME} ${DOWN_MS}`,
      'sentinel announce-ip 127.0.0.1',
    ].join('\n');
    const sentinels: RedisNode[] = [];
    for (let n = 0; n < SENTINELS; n += 1) sentinels.push(await nodes.start({ config, args: ['--sentinel'] }));
    await eventually(async () => {
      for (const { client } of sentinels) {
        const seen = fieldsOf(await client.call('SENTINEL', 'master', NAME));
        if (seen['num-slaves'] !== '1' || seen['num-other-sentinels'] !== String(SENTINELS - 1)) throw new Error('not all are known yet');
      }
    });
    return {
      url: `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/${NAME}`,
      master,
      replica,
      stop: nodes.stop,
    };
  } catch (error) {
    await nodes.stop();
    throw error;
  }
};
