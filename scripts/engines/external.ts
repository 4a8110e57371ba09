import { connect } from 'node:net';
import { hostsOf, parseRedisUrl, type RedisNode } from '@onsale/shared/redis';
import type { EngineUrls } from './choose.ts';
import { CannotGoOn, type Engines } from './engines.ts';

const deadlineMs = 5_000;

/** Engines that somebody else runs. Nothing is started and nothing stopped. @throws CannotGoOn naming the first that does not listen */
export async function externalEngines(urls: EngineUrls): Promise<Engines> {
  const mysql = new URL(urls.mysqlUrl);
  const brokers = urls.kafkaBrokers.split(',').map((broker) => broker.split(':') as [string, string?]);
  await Promise.all([
    assertListens('MySQL', { host: mysql.hostname, port: Number(mysql.port || 3306) }),
    assertOneListens('Redis', redisHosts(urls.redisUrl)),
    ...brokers.map(([host, port = '9092']) => assertListens('Kafka', { host, port: Number(port) })),
  ]);
  return { mode: 'external', ...urls, stop: async () => {} };
}

function redisHosts(url: string): RedisNode[] {
  try {
    return hostsOf(parseRedisUrl(url));
  } catch (error) {
    throw new CannotGoOn(`the URL of Redis ${(error as Error).message}`);
  }
}

/** Sentinels, or nodes of a cluster: the others will do. */
async function assertOneListens(name: string, hosts: RedisNode[]): Promise<void> {
  await Promise.any(hosts.map((host) => assertListens(name, host))).catch((error: AggregateError) => {
    throw error.errors[0];
  });
}

function assertListens(name: string, { host, port }: RedisNode): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new CannotGoOn(`${name} at ${host}:${port} cannot be reached: ${why}`));
    const socket = connect({ host, port });
    socket.setTimeout(deadlineMs, () => {
      socket.destroy();
      fail(`no answer in ${deadlineMs / 1_000} s`);
    });
    socket.on('error', (error) => fail(error.message));
    socket.on('connect', () => {
      socket.destroy();
      resolve();
    });
  });
}
