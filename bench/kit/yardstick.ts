import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as rest } from 'node:timers/promises';
import { newId } from '@onsale/shared/ids';
import { createKeepAliveFetch } from '../../scripts/load/keep-alive-fetch.ts';

const CONNECTIONS = 64;
const WARM_UP_MS = 2_000;

/** Requests a second that a bare express server answers with a Redis ZRANK each, the load generator on the same machine: 64 at a time, for `ms`. */
export const bareRequestsPerSecond = async ({ redisUrl, ms }: { readonly redisUrl: string; readonly ms: number }): Promise<number> => {
  const server = fork(new URL('./bare-line.ts', import.meta.url), [redisUrl, `bench:${newId()}`], { stdio: 'inherit' });
  try {
    const [port] = (await once(server, 'message', { signal: AbortSignal.timeout(15_000) })) as [number];
    const baseUrl = `http://127.0.0.1:${port}`;
    const wire = createKeepAliveFetch({ baseUrl, connections: CONNECTIONS });
    let answered = 0;
    const stop = new AbortController();
    const ask = async (lane: number): Promise<void> => {
      for (let n = 0; !stop.signal.aborted; n += 1) {
        const signal = AbortSignal.timeout(10_000);
        await (await wire.fetch(`${baseUrl}/rank/member-${(lane * 31 + n) % 1_000}`, { method: 'GET', headers: {}, signal })).text();
        answered += 1;
      }
    };
    const lanes = Array.from({ length: CONNECTIONS }, (_, lane) => ask(lane));
    await rest(WARM_UP_MS);
    const before = answered;
    await rest(ms);
    const perSecond = ((answered - before) / ms) * 1_000;
    stop.abort();
    await Promise.all(lanes);
    await wire.close();
    return perSecond;
  } finally {
    server.kill('SIGTERM');
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  }
};
