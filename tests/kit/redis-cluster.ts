import { eventually } from '@onsale/shared/testing';
import { hasCopy, startRedisNodes, type RedisNode } from './redis-nodes.ts';

const MASTERS = 3;
const SLOTS = 16_384;
/** A node that says nothing for so long is looked at as dead: long enough for a busy machine. */
const DOWN_MS = 3000;

const args = Object.entries({
  '--cluster-enabled': 'yes',
  '--cluster-announce-ip': '127.0.0.1',
  '--cluster-node-timeout': String(DOWN_MS),
  '--cluster-replica-validity-factor': '0', // a replica takes over however long it has heard nothing
  '--repl-diskless-sync-delay': '0',
}).flat();

const idOf = (node: RedisNode): Promise<string> => node.client.call('CLUSTER', 'MYID') as Promise<string>;
const infoOf = async (node: RedisNode): Promise<string> => String(await node.client.call('CLUSTER', 'INFO'));

/** Three masters with a replica each. Settles when all slots are served and every replica has its copy. */
export const startCluster = async () => {
  const nodes = await startRedisNodes(2 * MASTERS);
  try {
    const all: RedisNode[] = [];
    for (let n = 0; n < 2 * MASTERS; n += 1) all.push(await nodes.start({ args }));
    const [masters, replicas] = [all.slice(0, MASTERS), all.slice(MASTERS)];
    for (const [n, { client }] of masters.entries()) {
      const [first, next] = [n, n + 1].map((share) => Math.floor((share * SLOTS) / MASTERS)) as [number, number];
      await client.call('CLUSTER', 'ADDSLOTSRANGE', first, next - 1);
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', n + 1);
    }
    for (const { port, busPort } of all.slice(1)) await all[0]!.client.call('CLUSTER', 'MEET', '127.0.0.1', port, busPort);
    for (const [n, replica] of replicas.entries()) {
      const master = await idOf(masters[n]!);
      await eventually(() => replica.client.call('CLUSTER', 'REPLICATE', master)); // once it has heard of it
    }
    await eventually(async () => {
      for (const node of all) {
        const info = await infoOf(node);
        if (!info.includes('cluster_state:ok') || !info.includes(`cluster_known_nodes:${all.length}`))
          throw new Error('not one cluster yet');
      }
      for (const replica of replicas) await hasCopy(replica);
    });
    return {
      url: `redis+cluster://${masters.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
      masters,
      replicas,
      /** Which node is master of the key now. @throws Error while none is */
      masterOf: async (key: string): Promise<RedisNode> => {
        const { client } = all.find((node) => node.client.status === 'ready')!;
        const slot = Number(await client.call('CLUSTER', 'KEYSLOT', key));
        const ranges = (await client.call('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
        const port = ranges.find(([first, last]) => first <= slot && slot <= last)?.[2][1];
        const master = all.find((node) => node.port === port && node.client.status === 'ready');
        if (master === undefined) throw new Error(`nobody is master of ${key}`);
        return master;
      },
      stop: nodes.stop,
    };
  } catch (error) {
    await nodes.stop();
    throw error;
  }
};
