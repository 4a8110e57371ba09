import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { captureLog, eventually, testProxy, testRedis, type CapturedLog, type TestProxy, type TestRedis } from '../testing/index.ts';
import { createRedis, isRedisAway, redisCheck, type Redis } from './index.ts';

describe('createRedis', () => {
  let engine: TestRedis;
  let proxy: TestProxy;
  let captured: CapturedLog;
  let redis: Redis;

  beforeAll(async () => {
    engine = await testRedis();
  });
  afterAll(() => engine.stop());
  beforeEach(async () => {
    proxy = await testProxy(engine.url);
    captured = captureLog();
    redis = createRedis({ url: proxy.url, name: 'spec', log: captured.log });
    await eventually(() => redis.ping());
  });
  afterEach(async () => {
    redis.disconnect();
    await proxy.stop();
  });

  const messages = (): unknown[] => captured.lines().map(({ level, msg }) => `${String(level)}: ${String(msg)}`);

  it('tells who it is, and is ready when it answers', async () => {
    expect(await redis.client('GETNAME')).toBe('spec');
    await expect(redisCheck(redis)()).resolves.toBeUndefined();
  });

  it('rejects commands while Redis is down, logs that once, and works again by itself', async () => {
    proxy.cut();
    await eventually(() => expect(redis.status).not.toBe('ready'));
    const results = await Promise.allSettled([redisCheck(redis)(), redis.set('a', '1'), redis.get('a')]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(messages()).toEqual(['warn: redis is away']);

    proxy.heal();
    await eventually(() => redis.ping());
    expect(messages()).toEqual(['warn: redis is away', 'info: redis is back']);
  });

  it('never sends a command after its caller was told that it failed', async () => {
    proxy.cut();
    await eventually(() => expect(redis.status).not.toBe('ready'));
    proxy.freeze(); // new connections are taken, but nothing answers: the command waits until its deadline
    await expect(redis.set('late', '1')).rejects.toThrow();

    proxy.heal();
    await eventually(() => redis.ping());
    expect(await engine.redis.get('late')).toBeNull();
  });

  it('gives a command to an engine that hangs one second, and tells the truth about it', async () => {
    proxy.freeze();
    await expect(redis.get('a')).rejects.toThrow('Command timed out');
    await expect(redisCheck(redis)()).rejects.toThrow();
  });

  it('does not do again what may have been done when the connection broke', async () => {
    proxy.mute();
    const counted = redis.incr('counter');
    await eventually(async () => expect(await engine.redis.get('counter')).toBe('1'));
    proxy.cut();
    proxy.heal();

    await expect(counted).rejects.toThrow();
    await eventually(() => redis.ping());
    expect(await engine.redis.get('counter')).toBe('1');
  });

  it('gathers commands of one turn when asked to', async () => {
    const gathering = createRedis({ url: engine.url, name: 'gathering', log: captured.log, pipelining: true });
    try {
      await eventually(() => gathering.ping());
      const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => gathering.hincrby('sums', 'a', n)));
      expect(answers.at(-1)).toBe(4950);
    } finally {
      gathering.disconnect();
    }
  });

  it.each(['redis://127.0.0.1:1', 'redis+sentinel://127.0.0.1:1/onsale', 'redis+cluster://127.0.0.1:1,127.0.0.1:2'])(
    'rejects what %s is asked while nobody answers there, says so once, and keeps nothing',
    async (url) => {
      const nowhere = createRedis({ url, name: 'nowhere', log: captured.log });
      try {
        const results = await Promise.allSettled(Array.from({ length: 50 }, () => nowhere.get('a')));
        expect(results.filter((result) => result.status === 'rejected' && isRedisAway(result.reason))).toHaveLength(50);
        await eventually(() => expect(nowhere).toMatchObject({ offlineQueue: { length: 0 } }));
        expect(messages().filter((message) => message === 'warn: redis is away')).toHaveLength(1);
      } finally {
        nowhere.disconnect();
      }
    },
  );
});
