import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { reignLua } from '@onsale/shared/redis';
import { Redis } from 'ioredis';
import { summaryOf, type Summary } from '../../scripts/load/latencies.ts';

/** PINGs, each when the one before is answered, until the answer is called: what a command has to wait while others run. */
export const pingsSinceNow = async (redisUrl: string): Promise<() => Promise<Summary>> => {
  const redis = new Redis(redisUrl);
  await redis.ping();
  const times: number[] = [];
  const watching = new AbortController();
  const pinging = (async () => {
    while (!watching.signal.aborted) {
      const began = performance.now();
      await redis.ping();
      times.push(performance.now() - began);
    }
  })();
  return async () => {
    watching.abort();
    await pinging;
    redis.disconnect();
    return summaryOf(times);
  };
};

const FOLDER = new URL('../../services/queue/src/line/', import.meta.url);
const source = (file: string): string => readFileSync(new URL(file, FOLDER), 'utf8');

/** The scripts of the line by the hash that Redis calls them by. */
const scriptNames = (): Map<string, string> =>
  new Map(
    readdirSync(FOLDER)
      .filter((file) => file.endsWith('.lua'))
      .map((file) => [
        createHash('sha1')
          .update(reignLua + source('prelude.lua') + source(file))
          .digest('hex'),
        file,
      ]),
  );

const LEAST_MICROS = 1_000;
const MOST_TOLD = 3;

interface Slow {
  readonly command: string;
  readonly millis: number;
}

/** The longest commands from now until the answer is called, by Redis' own slow log: those of a millisecond and more. */
export const slowestScripts = async (redisUrl: string): Promise<() => Promise<Slow[]>> => {
  const redis = new Redis(redisUrl);
  await redis.config('SET', 'slowlog-log-slower-than', LEAST_MICROS);
  await redis.slowlog('RESET');
  const names = scriptNames();
  return async () => {
    const entries = (await redis.slowlog('GET', 128)) as [number, number, number, string[]][];
    await redis.config('SET', 'slowlog-log-slower-than', 10_000);
    redis.disconnect();
    return entries
      .map(([, , micros, [command = '', sha = '']]) => ({
        command: names.get(sha) ?? command.toUpperCase(),
        millis: micros / 1_000,
      }))
      .toSorted((a, b) => b.millis - a.millis)
      .slice(0, MOST_TOLD);
  };
};
