import { setTimeout as rest } from 'node:timers/promises';
import { createClient } from '@onsale/contracts';
import { changeQueue, readQueue } from '@onsale/contracts/queue';
import { eventually } from '@onsale/shared/testing';
import type { Engines } from '../scripts/engines/engines.ts';
import { closedLoop, type Loop } from './kit/closed-loop.ts';
import { asking, entering, type SignedIn } from './kit/in-line.ts';
import { fillLine, type Filled } from './kit/fill-line.ts';
import { pingsSinceNow, slowestScripts } from './kit/redis-watch.ts';
import { ms, progress, report, table } from './kit/report.ts';
import { startRoomFleet, type RoomFleet } from './kit/room-fleet.ts';
import { inTurn, median, speedRow, watched, type Round } from './kit/rounds.ts';

const FEW = 10_000;
const MANY = 1_000_000;
/** Of those in each line, with access tokens. */
const SAMPLE = 5_000;
const ROUNDS = 5;
const ROUND_MS = 1_500;
/** Far below what the machine can do: latencies of a service, not of its queue. */
const CONNECTIONS = 4;
const ADMITTED = 1_000;
const ADMISSIONS = 3;

const loadsOf = (fleet: RoomFleet, { queueId, sample }: Filled, newcomers: SignedIn[]) => {
  const reads = sample.map(({ member, token }) => asking(queueId, member, token));
  const load = (next: (n: number) => Buffer | undefined) => (): Promise<Round> =>
    watched(fleet.processes, () => closedLoop({ baseUrl: fleet.gatewayUrl, connections: CONNECTIONS, ms: ROUND_MS, next }));
  return {
    status: load((n) => reads[(n * 31) % reads.length]),
    number: load(() => {
      const member = newcomers.pop();
      return member && entering(queueId, member);
    }),
  };
};

/** `ADMISSIONS` times so many more at once; what Redis did meanwhile. */
const admissions = async (fleet: RoomFleet, engines: Engines, { queueId }: Filled) => {
  const client = createClient({ baseUrl: fleet.gatewayUrl, fetch: globalThis.fetch });
  const accessToken = await fleet.operatorToken();
  const scripts = await slowestScripts(engines.redisUrl);
  const pings = await pingsSinceNow(engines.redisUrl);
  const took: number[] = [];
  for (let n = 1; n <= ADMISSIONS; n += 1) {
    const began = performance.now();
    await client.call(changeQueue, { params: { queueId }, accessToken, body: { cap: n * ADMITTED } });
    await eventually(
      async () => {
        const { admitted } = await client.call(readQueue, { params: { queueId } });
        if (admitted < n * ADMITTED) throw new Error(`${admitted} admitted`);
      },
      { withinMs: 20_000 },
    );
    took.push(performance.now() - began);
    await rest(300);
  }
  return { took, pings: await pings(), slowest: await scripts() };
};

/** Redis emptied: how long until numbers are given again, and how fast those who show their tokens stand in line again. */
const wipe = async (fleet: RoomFleet, { queueId, sample }: Filled, newcomer: SignedIn) => {
  const reads = sample.map(({ member, token }) => asking(queueId, member, token));
  const enter = entering(queueId, newcomer);
  const began = performance.now();
  await fleet.redis.flushdb();
  await eventually(
    async () => {
      const { statuses } = await closedLoop({ baseUrl: fleet.gatewayUrl, connections: 1, next: (n) => (n === 0 ? enter : undefined) });
      if (statuses[201] === undefined && statuses[200] === undefined) throw new Error(`no number: ${JSON.stringify(statuses)}`);
    },
    { withinMs: 30_000 },
  );
  const numbersAfterMs = performance.now() - began;
  const back: Loop = await closedLoop({ baseUrl: fleet.gatewayUrl, connections: 64, next: (n) => reads[n] });
  return { numbersAfterMs, back };
};

/** A million in one line: what they take of Redis, and whether anything is slower for them than for ten thousand. */
export const waitingMillion = async (engines: Engines): Promise<void> => {
  const say = progress('waiting-million');
  say('starting a gateway and a queue');
  const fleet = await startRoomFleet(engines);
  try {
    const few = await fillLine(fleet, { count: FEW, sample: SAMPLE });
    say(`${MANY} members take numbers`);
    const many = await fillLine(fleet, { count: MANY, sample: SAMPLE });
    say(`they take ${many.megabytes.toFixed(0)} MB of Redis, ${(many.seconds * 1_000).toFixed(0)} ms to come`);
    const newcomers = await fleet.members(25_000);
    const [atFew, atMany] = [loadsOf(fleet, few, newcomers), loadsOf(fleet, many, newcomers)];
    await atFew.number();
    await atFew.status();
    const loads = { statusFew: atFew.status, statusMany: atMany.status, numberFew: atFew.number, numberMany: atMany.number };
    const rounds = await inTurn(ROUNDS, loads, (round) =>
      say(
        Object.entries(round)
          .map(([name, { loop }]) => `${name} p99 ${ms(loop.latency.p99)}`)
          .join(', '),
      ),
    );
    const of = (name: keyof typeof loads): Round[] => rounds.map((round) => round[name]);
    const ratio = (a: keyof typeof loads, b: keyof typeof loads): string =>
      median(rounds.map((round) => round[a].loop.latency.p99 / round[b].loop.latency.p99)).toFixed(2);
    say(`admitting ${ADMITTED} at once, ${ADMISSIONS} times`);
    const admitted = await admissions(fleet, engines, many);
    say('emptying Redis');
    const { numbersAfterMs, back } = await wipe(fleet, many, newcomers.pop()!);
    report(
      'waiting-million',
      [
        `${MANY.toLocaleString('en')} members in one line, and ${FEW.toLocaleString('en')} in another of the same fleet, as in production. The million take **${many.megabytes.toFixed(0)} MB** of Redis, who owns which number and who`,
        `was seen included (${((many.megabytes * 2 ** 20) / MANY).toFixed(0)} bytes each). Aim: 200 MB.`,
        '',
        `Latencies through the gateway, ${CONNECTIONS} at a time, ${ROUNDS} rounds of ${ROUND_MS / 1_000} s in turn; medians.`,
        '',
        table([
          ['', 'answers', 'p50', 'p99'],
          speedRow('status, 10,000 in line', of('statusFew')),
          speedRow('status, 1,000,000 in line', of('statusMany')),
          speedRow('a number, 10,000 in line', of('numberFew')),
          speedRow('a number, 1,000,000 in line', of('numberMany')),
        ]),
        '',
        `p99 at a million to that at ten thousand: status ${ratio('statusMany', 'statusFew')}, a number ${ratio('numberMany', 'numberFew')}. Aim: 1.5.`,
        '',
        `${ADMITTED} admitted at once, ${ADMISSIONS} times: ${admitted.took.map((took) => `${took.toFixed(0)} ms`).join(', ')} from the operator's change until they count as inside. Meanwhile the`,
        `longest commands of Redis took ${admitted.slowest.map(({ command, millis }) => `${ms(millis)} (${command})`).join(', ') || 'less than 1 ms'}; ${admitted.pings.count} PINGs on a connection of their own, one after another:`,
        `p50 ${ms(admitted.pings.p50)}, p99 ${ms(admitted.pings.p99)}, longest ${ms(admitted.pings.max)}. Aim: 10 ms.`,
        '',
        `Redis emptied: the next number was given after ${ms(numbersAfterMs)}; ${back.answered} waiters who showed their tokens stood in line again at ${back.perSecond.toFixed(0)} a`,
        `second, ${JSON.stringify(back.statuses)}.`,
      ].join('\n'),
    );
  } finally {
    await fleet.stop();
  }
};
