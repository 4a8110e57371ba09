import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as rest } from 'node:timers/promises';
import type { QueueToken } from '@onsale/contracts/queue';
import type { Engines } from '../scripts/engines/engines.ts';
import { summaryOf } from '../scripts/load/latencies.ts';
import { closedLoop, requestOf } from './kit/closed-loop.ts';
import { startReaders, type Readers } from './kit/crowd-of-readers.ts';
import { usageOf, usageSinceNow, type Process, type Usage } from './kit/process-usage.ts';
import { ms, progress, report, table } from './kit/report.ts';
import { startRoomFleet, type RoomFleet } from './kit/room-fleet.ts';
import type { Heard } from './kit/stream-crowd.ts';
import { CONNECTIONS } from './kit/yardstick.ts';

const STREAMS = 10_000;
const OPENING_AT_ONCE = 64;
const WINDOW_SECONDS = 3_600;
/** Admissions of the quiet phase, which leave most of the line waiting. */
const PER_SECOND = 100;
const QUIET_SECONDS = 30;
/** After the cap is raised above all. */
const RUSH_SECONDS = 15;
const YARDSTICK_SECONDS = 15;

/** Megabytes. V8 lets what is young take 128 in a stampede of openings, which is more than the streams themselves; docs/operations.md has it so, too. */
const YOUNG = 2;

interface Phase {
  readonly name: string;
  readonly heard: Heard[];
  readonly seconds: number;
  readonly used: Usage[];
}

/** The headers by which each opens its stream. The numbers are taken at another gateway than the one that is measured. */
const takeNumbers = async ({ gatewayUrl, members }: RoomFleet, queueId: string): Promise<Record<string, string>[]> => {
  const all = await members(STREAMS);
  const requests = all.map(({ accessToken }) =>
    requestOf('POST', `/api/v1/queues/${queueId}/tokens`, { authorization: `Bearer ${accessToken}` }),
  );
  const tokens: string[] = [];
  await closedLoop({
    baseUrl: gatewayUrl,
    connections: CONNECTIONS,
    next: (n) => requests[n],
    onBody: (n, body) => void (tokens[n] = (JSON.parse(body) as QueueToken).token),
  });
  return all.map(({ accessToken }, n) => ({ authorization: `Bearer ${accessToken}`, 'queue-token': tokens[n]! }));
};

const readAll = async (readers: Readers, url: string, path: string, headers: readonly Record<string, string>[]): Promise<void> => {
  const { hostname: host, port } = new URL(url);
  const { open, refused } = await readers.open({ host, port: Number(port), path, headers, atOnce: OPENING_AT_ONCE });
  if (open !== headers.length) throw new Error(`${open} streams opened, ${refused} were refused`);
  await readers.heard(); // what they began with
};

const phaseOf = async (name: string, seconds: number, readers: Readers, processes: readonly Process[]): Promise<Phase> => {
  const usage = usageSinceNow(processes);
  await rest(seconds * 1_000);
  const used = usage();
  const { heard, open } = await readers.heard();
  if (open !== STREAMS) throw new Error(`${STREAMS - open} streams broke`);
  return { name, heard, seconds, used };
};

/** The yardstick: node's own server writes as many messages a second into as many streams. */
const bareStreams = async (readers: Readers, perSecond: number): Promise<Phase & { before: Usage }> => {
  const server = fork(new URL('./kit/bare-streams.ts', import.meta.url), { stdio: 'inherit' });
  try {
    const [port] = (await once(server, 'message')) as [number];
    const processes = [{ name: 'bare node', pid: server.pid! }];
    const [before] = await usageOf(processes, 1);
    await readAll(
      readers,
      `http://127.0.0.1:${port}`,
      '/',
      Array.from({ length: STREAMS }, () => ({})),
    );
    server.send(Math.round(perSecond));
    return { ...(await phaseOf('bare node', YARDSTICK_SECONDS, readers, processes)), before: before! };
  } finally {
    server.kill('SIGTERM');
  }
};

/** From the commit that admitted them, by the end of their window. */
const deliveries = ({ heard }: Phase): number[] =>
  heard.flatMap(({ at, data }) =>
    data['status'] === 'ADMITTED' ? [at - (Date.parse(data['admittedUntil'] as string) - WINDOW_SECONDS * 1_000)] : [],
  );

const usedBy = ({ used }: Phase, name: string): Usage => used.find((usage) => usage.name === name)!;

/** Ten thousand members hear of their place by server-sent events from one gateway, beside node's own server writing as much. */
export const push = async (engines: Engines): Promise<void> => {
  const say = progress('push');
  say('starting two gateways and a queue');
  const fleet = await startRoomFleet(engines, { gateway: { NODE_OPTIONS: `--max-semi-space-size=${YOUNG}` } }, { gateways: 2 });
  try {
    const queueId = await fleet.queue({ cap: 0, windowSeconds: WINDOW_SECONDS });
    say(`${STREAMS} members take a number at the first gateway`);
    const headers = await takeNumbers(fleet, queueId);
    const [taking, measured] = fleet.processes.filter(({ name }) => name.startsWith('gateway'));
    const processes = fleet.processes.filter((process) => process !== taking && process.name !== 'load generator');
    const gateway = measured!.name;
    const readers = startReaders();
    const own = [...processes, { name: 'readers', pid: readers.pid }];
    const fresh = usedBy({ used: await usageOf(own, 2) } as Phase, gateway).megabytes;
    say(`opening ${STREAMS} streams at the second`);
    const began = performance.now();
    await readAll(readers, fleet.gatewayUrls[1]!, `/api/v1/queues/${queueId}/tokens/current/stream`, headers);
    const opened = (performance.now() - began) / 1_000;
    say('nobody is admitted');
    const idle = await phaseOf('nobody is admitted', YARDSTICK_SECONDS, readers, own);
    say(`${PER_SECOND} a second are admitted`);
    await fleet.change(queueId, { cap: 2 * STREAMS, admitPerSecond: PER_SECOND });
    const quiet = await phaseOf(`${PER_SECOND} admitted a second`, QUIET_SECONDS, readers, own);
    say('everybody is admitted');
    await fleet.change(queueId, { admitPerSecond: null });
    const rush = await phaseOf('all the others at once', RUSH_SECONDS, readers, own);
    await readers.stop();
    const told = quiet.heard.length / quiet.seconds;
    say(`the yardstick: ${told.toFixed(0)} messages a second`);
    const others = startReaders();
    const bare = await bareStreams(others, told);
    await others.stop();

    const late = summaryOf(bare.heard.map(({ at, data }) => at - Number(data['toldAt'])));
    const rowOf = (phase: Phase): string[] => {
      const { count, p50, p99, max } = summaryOf(deliveries(phase));
      const { cpu, megabytes } = usedBy(phase, gateway);
      const times = count === 0 ? ['', '', ''] : [ms(p50), ms(p99), ms(max)];
      return [
        phase.name,
        `${(phase.heard.length / phase.seconds).toFixed(0)} / s`,
        String(count),
        ...times,
        `${cpu.toFixed(0)} %`,
        `${usedBy(phase, 'queue').cpu.toFixed(0)} %`,
        `${megabytes.toFixed(0)} MB`,
      ];
    };
    const all = [...deliveries(quiet), ...deliveries(rush)];
    report(
      'push',
      [
        `${STREAMS} members hold a stream of server-sent events each at one gateway, as in production; all of them opened in ${opened.toFixed(1)} s. An admission is measured from the`,
        `commit that decided it until its reader has read it. The gateway (\`NODE_OPTIONS=--max-semi-space-size=${YOUNG}\`) took ${fresh.toFixed(0)} MB before the first stream. The yardstick is node's own http server, which writes`,
        `as many messages a second as the gateway did while ${PER_SECOND} a second were admitted, each measured from when it is written.`,
        '',
        table([
          ['', 'messages', 'measured', 'p50', 'p99', 'max', 'CPU of the gateway', 'of the queue', 'memory'],
          ...[idle, quiet, rush].map(rowOf),
          [
            'bare node',
            `${(bare.heard.length / bare.seconds).toFixed(0)} / s`,
            String(late.count),
            ms(late.p50),
            ms(late.p99),
            ms(late.max),
            `${bare.used[0]!.cpu.toFixed(0)} %`,
            '',
            `${bare.used[0]!.megabytes.toFixed(0)} MB (${bare.before.megabytes.toFixed(0)} before)`,
          ],
        ]),
        '',
        `${all.length} of ${STREAMS} were told that they are admitted, ${all.filter((late) => late > 2_000).length} of them later than 2 s. Aim: none, and 300 MB.`,
      ].join('\n'),
    );
  } finally {
    await fleet.stop();
  }
};
