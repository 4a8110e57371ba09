import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  captureLog,
  eventually,
  testKafka,
  testProxy,
  testRedis,
  type CapturedLog,
  type TestProxy,
  type TestRedis,
} from '../testing/index.ts';
import { createNotices, createRedis, type Notices, type Redis } from './index.ts';

describe('notices', () => {
  let engine: TestRedis;
  let proxy: TestProxy;
  let redis: Redis;
  let captured: CapturedLog;
  let here: Notices;
  let elsewhere: Notices;
  let namespace: string;

  beforeAll(async () => {
    engine = await testRedis();
  });
  afterAll(() => engine.stop());
  beforeEach(async () => {
    namespace = testKafka().namespace;
    proxy = await testProxy(engine.url);
    captured = captureLog();
    redis = createRedis({ url: proxy.url, name: 'spec', log: captured.log });
    await eventually(() => redis.ping());
    here = createNotices({ redis: engine.redis, namespace, log: captured.log });
    elsewhere = createNotices({ redis, namespace, log: captured.log });
  });
  afterEach(async () => {
    await here.stop();
    await elsewhere.stop();
    redis.disconnect();
    await proxy.stop();
  });

  const listenTo = (channel: string): string[] => {
    const seen: string[] = [];
    elsewhere.on(channel, (message) => seen.push(message));
    return seen;
  };

  it('reach the other replica, on their channel and in their namespace alone', async () => {
    const [ends, others] = [listenTo('ends'), listenTo('others')];
    await elsewhere.start();
    const stranger = createNotices({ redis: engine.redis, namespace: `${namespace}-2`, log: captured.log });
    await stranger.publish('ends', 'not ours');
    await here.publish('ends', 'saga-1');

    await eventually(() => expect(ends).toEqual(['saga-1']));
    expect(others).toEqual([]);
  });

  it('reach listeners that came after the start, and no longer those that left', async () => {
    await elsewhere.start();
    const seen: string[] = [];
    const leave = elsewhere.on('ends', (message) => seen.push(message));
    await eventually(async () => {
      await here.publish('ends', 'first');
      expect(seen).toContain('first');
    });
    leave();
    const after = listenTo('ends');
    await eventually(async () => {
      await here.publish('ends', 'second');
      expect(after).toContain('second');
    });
    expect(seen).not.toContain('second');
  });

  it('are heard again after the connection broke', async () => {
    const seen = listenTo('ends');
    await elsewhere.start();
    proxy.cut();
    await eventually(() => expect(redis.status).not.toBe('ready'));
    proxy.heal();

    await eventually(async () => {
      await here.publish('ends', 'after');
      expect(seen).toContain('after');
    });
  });

  it('let a service start without Redis, and are heard once it is there', async () => {
    const seen = listenTo('ends');
    proxy.cut();
    await elsewhere.start();
    await elsewhere.publish('ends', 'into the void');
    proxy.heal();

    await eventually(async () => {
      await here.publish('ends', 'at last');
      expect(seen).toContain('at last');
    });
    expect(seen).not.toContain('into the void');
  });

  it('reach every listener though one of them fails', async () => {
    elsewhere.on('ends', () => {
      throw new Error('broken listener');
    });
    const seen = listenTo('ends');
    await elsewhere.start();
    await here.publish('ends', 'saga-1');

    await eventually(() => expect(seen).toEqual(['saga-1']));
    expect(captured.text()).toContain('broken listener');
  });
});
