import { fork } from 'node:child_process';
import { once } from 'node:events';
import { newId } from '@onsale/shared/ids';
import { closedLoop, requestOf, type Loop } from './closed-loop.ts';
import type { Process } from './process-usage.ts';

export const CONNECTIONS = 64;
const WARM_UP_MS = 2_000;

export interface BareLine extends Process {
  /** Keeps it busy for so long, by so many connections (`CONNECTIONS`). */
  readonly asked: (ms: number, connections?: number) => Promise<Loop>;
  readonly stop: () => Promise<void>;
}

/** A bare express server that answers each request with a Redis ZRANK, in a process of its own, warm. */
export const startBareLine = async ({ redisUrl }: { readonly redisUrl: string }): Promise<BareLine> => {
  const server = fork(new URL('./bare-line.ts', import.meta.url), [redisUrl, `bench:${newId()}`], { stdio: 'inherit' });
  const [port] = (await once(server, 'message', { signal: AbortSignal.timeout(15_000) })) as [number];
  const requests = Array.from({ length: 1_000 }, (_, n) => requestOf('GET', `/rank/member-${n}`));
  const asked = (ms: number, connections = CONNECTIONS): Promise<Loop> =>
    closedLoop({ baseUrl: `http://127.0.0.1:${port}`, connections, ms, next: (n) => requests[n % requests.length] });
  await asked(WARM_UP_MS);
  return {
    name: 'bare express + ZRANK',
    pid: server.pid!,
    asked,
    stop: async () => {
      server.kill('SIGTERM');
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
    },
  };
};

/** Requests a second that a bare express server answers with a Redis ZRANK each, the load generator on the same machine: 64 at a time, for `ms`. */
export const bareRequestsPerSecond = async ({ redisUrl, ms }: { readonly redisUrl: string; readonly ms: number }): Promise<number> => {
  const bare = await startBareLine({ redisUrl });
  try {
    return (await bare.asked(ms)).perSecond;
  } finally {
    await bare.stop();
  }
};
