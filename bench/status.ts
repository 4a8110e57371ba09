import type { Engines } from '../scripts/engines/engines.ts';
import { closedLoop, type Loop } from './kit/closed-loop.ts';
import { asking, takeNumbers } from './kit/in-line.ts';
import { progress, report, table } from './kit/report.ts';
import { startRoomFleet } from './kit/room-fleet.ts';
import { inTurn, median, oddities, speedRow, usageRows, watched } from './kit/rounds.ts';
import { CONNECTIONS, startBareLine } from './kit/yardstick.ts';

const MEMBERS = 5_000;
const ROUNDS = 5;
const ROUND_MS = 4_000;
const WARM_UP_MS = 6_000;

/** How often waiting members can ask where they stand, through the gateway, beside a bare express server that asks Redis for a rank: in turn, the same client. */
export const status = async (engines: Engines): Promise<void> => {
  const say = progress('status');
  say('starting a gateway and a queue');
  const fleet = await startRoomFleet(engines);
  const bare = await startBareLine({ redisUrl: engines.redisUrl });
  try {
    say(`${MEMBERS} members take a number`);
    const queueId = await fleet.queue();
    const members = await fleet.members(MEMBERS);
    const tokens = await takeNumbers(fleet, queueId, members);
    const requests = members.map((member, n) => asking(queueId, member, tokens[n]!));
    const ask = (ms: number): Promise<Loop> =>
      closedLoop({ baseUrl: fleet.gatewayUrl, connections: CONNECTIONS, ms, next: (n) => requests[n % requests.length] });
    await ask(WARM_UP_MS);
    const rounds = await inTurn(
      ROUNDS,
      {
        bare: () => watched([bare], () => bare.asked(ROUND_MS)),
        status: () => watched(fleet.processes, () => ask(ROUND_MS)),
      },
      ({ bare: { loop: theirs }, status: { loop: ours } }) =>
        say(`${ours.perSecond.toFixed(0)} status reads a second, bare ${theirs.perSecond.toFixed(0)}`),
    );
    const reads = rounds.map((round) => round.status);
    const yardstick = rounds.map((round) => round.bare);
    const ratio = median(rounds.map((round) => round.status.loop.perSecond / round.bare.loop.perSecond));
    report(
      'status',
      [
        `${MEMBERS} members wait and ask where they stand, ${CONNECTIONS} at a time, each again when it is answered, as in production (rate limits counted,`,
        `ended sessions looked for). ${ROUNDS} rounds of ${ROUND_MS / 1_000} s in turn with a bare express server that answers with a Redis ZRANK; medians.`,
        '',
        table([['', 'answers', 'p50', 'p99'], speedRow('status through the gateway', reads), speedRow('bare express + ZRANK', yardstick)]),
        '',
        `Ratio ${ratio.toFixed(2)}.${oddities(reads, 200)} Aim: 11,000 a second on 2 cores, and 0.6.`,
        '',
        table([['process', 'CPU of one core', 'microseconds a read'], ...usageRows(reads), ...usageRows(yardstick)]),
      ].join('\n'),
    );
  } finally {
    await bare.stop();
    await fleet.stop();
  }
};
