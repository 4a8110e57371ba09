import { describe, expect, it } from '@jest/globals';
import { createDatabase, isEngineAway } from '../db/index.ts';
import { createRedis } from '../redis/index.ts';
import { captureLog, eventually, testDatabase, testKafka, testProxy, testRedis } from './index.ts';

describe('testDatabase', () => {
  it('gives each spec a schema of its own, and leaves nothing behind', async () => {
    const [one, two] = await Promise.all([testDatabase(), testDatabase()]);
    await one.db.raw('CREATE TABLE mine (id INT)');
    expect(await two.db.schema.hasTable('mine')).toBe(false);

    const second = createDatabase({ url: one.url });
    expect(await second.schema.hasTable('mine')).toBe(true);
    await second.destroy();
    await Promise.all([one.drop(), two.drop()]);
    const late = createDatabase({ url: one.url });
    await expect(late.raw('SELECT 1')).rejects.toMatchObject({ errno: 1049 });
    await late.destroy();
  });
});

describe('testRedis', () => {
  it('gives each spec a database of its own, emptied, and takes it back', async () => {
    const [one, two] = await Promise.all([testRedis(), testRedis()]);
    expect(one.url).not.toBe(two.url);
    await one.redis.set('a', '1');
    expect(await two.redis.get('a')).toBeNull();
    await Promise.all([one.stop(), two.stop()]);

    const next = await testRedis();
    expect(await next.redis.dbsize()).toBe(0);
    await next.stop();
  });
});

describe('testKafka', () => {
  it('gives each spec a namespace of its own', () => {
    expect(testKafka().namespace).not.toBe(testKafka().namespace);
    expect(testKafka().brokers.length).toBeGreaterThan(0);
  });
});

describe('testProxy', () => {
  it('stands between a client and its engine, for any engine', async () => {
    const [database, engine] = await Promise.all([testDatabase(), testRedis()]);
    const [toDatabase, toRedis] = await Promise.all([testProxy(database.url), testProxy(engine.url)]);
    const db = createDatabase({ url: toDatabase.url });
    const redis = createRedis({ url: toRedis.url, name: 'spec', log: captureLog().log });
    await redis.set('a', '1');
    expect(await engine.redis.get('a')).toBe('1');
    await db.raw('SELECT 1');

    toRedis.cut();
    toDatabase.cut();
    await expect(redis.get('a')).rejects.toThrow();
    expect(isEngineAway(await db.raw('SELECT 1').catch((error: unknown) => error))).toBe(true);

    toRedis.heal();
    toDatabase.heal();
    await eventually(async () => expect(await redis.get('a')).toBe('1'));
    await eventually(async () => db.raw('SELECT 1'));
    redis.disconnect();
    await db.destroy();
    await Promise.all([toDatabase.stop(), toRedis.stop(), database.drop(), engine.stop()]);
  });
});
