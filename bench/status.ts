import type { QueueToken } from '@onsale/contracts/queue';
import type { Engines } from '../scripts/engines/engines.ts';
import { closedLoop, requestOf, type Loop } from './kit/closed-loop.ts';
import { type Usage, usageSinceNow } from './kit/process-usage.ts';
import { ms, progress, report, table } from './kit/report.ts';
import { startRoomFleet, type RoomFleet } from './kit/room-fleet.ts';
import { CONNECTIONS, startBareLine } from './kit/yardstick.ts';

const MEMBERS = 5_000;
const ROUNDS = 4;
const ROUND_MS = 5_000;
const WARM_UP_MS = 6_000;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Everybody takes a number; answers with the request by which each asks where it stands. */
const line = async ({ gatewayUrl, members, queue }: RoomFleet): Promise<Buffer[]> => {
  const queueId = await queue();
  const all = await members(MEMBERS);
  const path = `/api/v1/queues/${queueId}/tokens`;
  const enter = all.map(({ accessToken }) => requestOf('POST', path, { authorization: `Bearer ${accessToken}` }));
  const tokens: string[] = [];
  const entered = await closedLoop({
    baseUrl: gatewayUrl,
    connections: CONNECTIONS,
    next: (n) => enter[n],
    onBody: (n, body) => void (tokens[n] = (JSON.parse(body) as QueueToken).token),
  });
  if (entered.statuses[201] !== MEMBERS) throw new Error(`not all have a number: ${JSON.stringify(entered.statuses)}`);
  return all.map(({ accessToken }, n) =>
    requestOf('GET', `${path}/current`, { authorization: `Bearer ${accessToken}`, 'queue-token': tokens[n]! }),
  );
};

const microsOf = ({ cpu }: Usage, { perSecond }: Loop): string => ((cpu / 100 / perSecond) * 1e6).toFixed(0);

/** How often waiting members can ask where they stand, through the gateway, beside a bare express server that asks Redis for a rank: in turn, the same client. */
export const status = async (engines: Engines): Promise<void> => {
  const say = progress('status');
  say('starting a gateway and a queue');
  const fleet = await startRoomFleet(engines);
  const bare = await startBareLine({ redisUrl: engines.redisUrl });
  try {
    say(`${MEMBERS} members take a number`);
    const requests = await line(fleet);
    const ask = (ms: number): Promise<Loop> =>
      closedLoop({ baseUrl: fleet.gatewayUrl, connections: CONNECTIONS, ms, next: (n) => requests[n % requests.length] });
    await ask(WARM_UP_MS);
    const rounds: { bare: Loop; status: Loop; used: Usage[] }[] = [];
    for (let n = 0; n < ROUNDS; n += 1) {
      const theirs = await bare.asked(ROUND_MS);
      const usage = usageSinceNow(fleet.processes);
      const ours = await ask(ROUND_MS);
      rounds.push({ bare: theirs, status: ours, used: usage() });
      say(
        `${ours.perSecond.toFixed(0)} status reads a second, bare ${theirs.perSecond.toFixed(0)}: ${(ours.perSecond / theirs.perSecond).toFixed(2)}`,
      );
    }
    const ratio = median(rounds.map((round) => round.status.perSecond / round.bare.perSecond));
    const last = rounds.at(-1)!;
    const failed = rounds.flatMap((round) => Object.entries(round.status.statuses)).filter(([code]) => code !== '200');
    const rowOf = (name: string, key: 'status' | 'bare'): string[] => [
      name,
      `${median(rounds.map((round) => round[key].perSecond)).toFixed(0)} / s`,
      ...(['p50', 'p99'] as const).map((p) => ms(median(rounds.map((round) => round[key].latency[p])))),
    ];
    report(
      'status',
      [
        `${MEMBERS} members wait and ask where they stand, ${CONNECTIONS} at a time, each again when it is answered, as in production (rate limits counted,`,
        `ended sessions looked for). ${ROUNDS} rounds of ${ROUND_MS / 1_000} s in turn with a bare express server that answers with a Redis ZRANK; medians.`,
        '',
        table([['', 'answers', 'p50', 'p99'], rowOf('status through the gateway', 'status'), rowOf('bare express + ZRANK', 'bare')]),
        '',
        `Ratio ${ratio.toFixed(2)}${failed.length === 0 ? '' : `, not 200: ${JSON.stringify(failed)}`}. Aim: 11,000 a second on 2 cores, and 0.6.`,
        '',
        table([
          ['process', 'CPU of one core', 'microseconds a read'],
          ...last.used.map((used) => [used.name, `${used.cpu.toFixed(0)} %`, microsOf(used, last.status)]),
        ]),
      ].join('\n'),
    );
  } finally {
    await bare.stop();
    await fleet.stop();
  }
};
