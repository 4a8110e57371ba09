import type { Engines } from '../scripts/engines/engines.ts';
import { closedLoop } from './kit/closed-loop.ts';
import { entering, type SignedIn } from './kit/in-line.ts';
import { progress, report, table } from './kit/report.ts';
import { startRoomFleet } from './kit/room-fleet.ts';
import { inTurn, median, oddities, speedRow, usageRows, watched } from './kit/rounds.ts';
import { CONNECTIONS, startBareLine } from './kit/yardstick.ts';

const ROUNDS = 4;
const MEMBERS_A_ROUND = 6_000;
const WARM_UP = 8_000;
const YARDSTICK_MS = 2_000;

/** How many new members can take a number a second, through the gateway, beside a bare express server that asks Redis for a rank. */
export const tokens = async (engines: Engines): Promise<void> => {
  const say = progress('tokens');
  say('starting a gateway and a queue');
  const fleet = await startRoomFleet(engines);
  const bare = await startBareLine({ redisUrl: engines.redisUrl });
  try {
    const queueId = await fleet.queue();
    say(`signing ${WARM_UP + ROUNDS * MEMBERS_A_ROUND} members in`);
    const members = await fleet.members(WARM_UP + ROUNDS * MEMBERS_A_ROUND);
    const enter = (some: readonly SignedIn[]) =>
      closedLoop({ baseUrl: fleet.gatewayUrl, connections: CONNECTIONS, next: (n) => some[n] && entering(queueId, some[n]) });
    const next = (count: number): SignedIn[] => members.splice(0, count);
    say(`warming up: ${WARM_UP} numbers`);
    await enter(next(WARM_UP));
    const rounds = await inTurn(
      ROUNDS,
      {
        bare: () => watched([bare], () => bare.asked(YARDSTICK_MS)),
        tokens: () => watched(fleet.processes, () => enter(next(MEMBERS_A_ROUND))),
      },
      ({ bare: { loop: theirs }, tokens: { loop: ours } }) =>
        say(`${ours.perSecond.toFixed(0)} numbers a second, bare ${theirs.perSecond.toFixed(0)} answers`),
    );
    const issues = rounds.map((round) => round.tokens);
    const yardstick = rounds.map((round) => round.bare);
    const ratio = median(rounds.map((round) => round.tokens.loop.perSecond / round.bare.loop.perSecond));
    report(
      'tokens',
      [
        `New members take a number, ${CONNECTIONS} at a time, as in production: each with an access token that the gateway sees for the first time, and`,
        `verifies. ${ROUNDS} rounds of ${MEMBERS_A_ROUND} numbers in turn with a bare express server that answers with a Redis ZRANK; medians.`,
        '',
        table([
          ['', 'answers', 'p50', 'p99'],
          speedRow('numbers through the gateway', issues),
          speedRow('bare express + ZRANK', yardstick),
        ]),
        '',
        `Ratio ${ratio.toFixed(2)}.${oddities(issues, 201)} Aim: 3,000 a second on 2 cores.`,
        '',
        table([['process', 'CPU of one core', 'microseconds a number'], ...usageRows(issues), ...usageRows(yardstick)]),
      ].join('\n'),
    );
  } finally {
    await bare.stop();
    await fleet.stop();
  }
};
