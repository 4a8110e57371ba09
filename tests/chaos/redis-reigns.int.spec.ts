import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRedis, isRedisAway, reignsOf, type Redis } from '@onsale/shared/redis';
import { captureLog, eventually } from '@onsale/shared/testing';
import { createLine, lineKey } from '../../services/queue/src/line/line.ts';
import { buildQueue } from '../../services/queue/src/testing/build-queue.ts';
import { hasCopy, startRedisNodes, type RedisNode, type RedisNodes } from '../kit/redis-nodes.ts';

let nodes: RedisNodes;
let one: RedisNode;
let other: RedisNode;
let client: Redis;
let elsewhere: Redis;
beforeAll(async () => {
  nodes = await startRedisNodes(2);
  [one, other] = [await nodes.start({}), await nodes.start({})];
  const clientOf = ({ port }: RedisNode) => createRedis({ url: `redis://127.0.0.1:${port}`, name: 'spec', log: captureLog().log });
  [client, elsewhere] = [clientOf(one), clientOf(other)];
});
afterAll(async () => {
  for (const connection of [client, elsewhere]) connection?.disconnect();
  await nodes?.stop();
});

const copies = async (replica: RedisNode, master: RedisNode): Promise<void> => {
  await replica.client.replicaof('127.0.0.1', master.port);
  await eventually(() => hasCopy(replica));
};
const promote = ({ client }: RedisNode) => client.replicaof('NO', 'ONE');

describe('a line whose Redis has replicas', () => {
  it('is whole on its master alone: not on a replica, not on one that is promoted, nor on the former master when that comes back', async () => {
    await copies(other, one);
    const queue = buildQueue();
    const [line, copy] = [createLine({ redis: client, namespace: 'test' }), createLine({ redis: elsewhere, namespace: 'test' })];
    await line.reset({ ...queue, generation: queue.generation - 1 }, { generation: queue.generation, floor: 0 });
    await line.mark(queue.id, queue.generation);
    expect(await line.status(queue, [])).toBeDefined();
    const reign = await reignsOf(client);
    const key = `${lineKey('test', queue.id)}:marker`;
    const marker = (await client.get(key))!;
    await eventually(async () => expect(await elsewhere.get(key)).toBe(marker));
    expect(await copy.status(queue, [])).toBeUndefined();

    await promote(other);
    expect(await copy.status(queue, [])).toBeUndefined();
    await copies(one, other);
    expect(await line.status(queue, [])).toBeUndefined();
    await promote(one);
    expect(await line.status(queue, [])).toBeUndefined();
    expect(await client.get(key)).toBe(marker);
    expect(await reignsOf(client)).not.toBe(reign);
  });

  it('is not written to on a replica, which counts as a Redis that is away, and is when that is promoted', async () => {
    await copies(other, one);
    const line = createLine({ redis: elsewhere, namespace: 'test' });
    const refusal: unknown = await line.markBusy('q', Date.now()).catch((error: unknown) => error);
    expect([refusal, isRedisAway(refusal)]).toEqual([expect.any(Error), true]);

    await promote(other);
    await eventually(() => line.markBusy('q', Date.now()));
    expect(await line.busy()).toHaveLength(1);
  });
});
