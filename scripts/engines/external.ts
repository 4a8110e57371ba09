import { connect } from 'node:net';
import type { EngineUrls } from './choose.ts';
import { CannotGoOn, type Engines } from './engines.ts';

const deadlineMs = 5_000;

/** Engines that somebody else runs. Nothing is started and nothing stopped. @throws CannotGoOn naming the first that does not listen */
export async function externalEngines(urls: EngineUrls): Promise<Engines> {
  const places = [
    { name: 'MySQL', host: new URL(urls.mysqlUrl).hostname, port: Number(new URL(urls.mysqlUrl).port || 3306) },
    { name: 'Redis', host: new URL(urls.redisUrl).hostname, port: Number(new URL(urls.redisUrl).port || 6379) },
    ...urls.kafkaBrokers
      .split(',')
      .map((broker) => ({ name: 'Kafka', host: broker.split(':')[0] as string, port: Number(broker.split(':')[1] ?? 9092) })),
  ];
  await Promise.all(places.map(assertListens));
  return { mode: 'external', ...urls, stop: async () => {} };
}

function assertListens({ name, host, port }: { name: string; host: string; port: number }): Promise<void> {
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
