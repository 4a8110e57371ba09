import { fork } from 'node:child_process';
import { once } from 'node:events';
import { tokenStatus } from '@onsale/contracts/queue';
import { createClient } from '@onsale/contracts';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import type { Engines } from '../scripts/engines/engines.ts';
import { closedLoop, requestOf } from './kit/closed-loop.ts';
import { takeNumbers, type SignedIn } from './kit/in-line.ts';
import { progress, report, table } from './kit/report.ts';
import { startRoomFleet, type RoomFleet } from './kit/room-fleet.ts';
import { inTurn, median, microsOf, oddities, speedRow, watched, type Round } from './kit/rounds.ts';
import { CONNECTIONS } from './kit/yardstick.ts';

const ROUNDS = 12;
const ROUND_MS = 2_000;
const WARM_UP_MS = 5_000;

/** Everybody inside: a queue without a cap admits with its next tick. */
const admitted = async (fleet: RoomFleet): Promise<{ member: SignedIn; token: string }[]> => {
  const queueId = await fleet.queue({ cap: null });
  const members = await fleet.members(CONNECTIONS);
  const tokens = await takeNumbers(fleet, queueId, members);
  const client = createClient({ baseUrl: fleet.gatewayUrl, fetch: globalThis.fetch });
  const inside = members.map((member, n) => ({ member, token: tokens[n]! }));
  for (const { member, token } of inside) {
    const look = () => client.call(tokenStatus, { params: { queueId }, accessToken: member.accessToken, queueToken: token });
    await eventually(async () => {
      const { status } = await look();
      if (status !== 'ADMITTED') throw new Error(`${status} still`);
    });
  }
  return inside;
};

/** What the gate adds to a request whose admission the gateway remembers: two routes of one service that differ by their gate alone, in turn. */
export const gate = async (engines: Engines): Promise<void> => {
  const say = progress('gate');
  const owner = fork(new URL('./kit/bare-owner.ts', import.meta.url), { stdio: 'inherit' });
  const [port] = (await once(owner, 'message', { signal: AbortSignal.timeout(15_000) })) as [number];
  say('starting a gateway and a queue');
  const fleet = await startRoomFleet(engines, { gateway: { ONSALE_RESERVATION_URLS: `http://127.0.0.1:${port}` } });
  try {
    const inside = await admitted(fleet);
    const requests = (path: string): Buffer[] =>
      inside.map(({ member, token }) => requestOf('GET', path, { authorization: `Bearer ${member.accessToken}`, 'queue-token': token }));
    const loadOf = (all: readonly Buffer[]) => (ms: number) =>
      closedLoop({ baseUrl: fleet.gatewayUrl, connections: CONNECTIONS, ms, next: (n) => all[n % all.length] });
    const gated = loadOf(requests(`/api/v1/schedules/${newId()}/seats`));
    const open = loadOf(requests(`/api/v1/reservations/${newId()}`));
    say('warming up');
    await gated(WARM_UP_MS / 2);
    await open(WARM_UP_MS / 2);
    const rounds = await inTurn(
      ROUNDS,
      { open: () => watched(fleet.processes, () => open(ROUND_MS)), gated: () => watched(fleet.processes, () => gated(ROUND_MS)) },
      (round) => say(`${round.gated.loop.perSecond.toFixed(0)} gated a second, ${round.open.loop.perSecond.toFixed(0)} not gated`),
    );
    const [without, with_] = [rounds.map((round) => round.open), rounds.map((round) => round.gated)];
    const added = (of: (round: Round) => number): string =>
      `${((median(rounds.map((round) => of(round.gated) / of(round.open))) - 1) * 100).toFixed(1)} %`;
    const rowOf = (name: string, some: readonly Round[]): string[] => [
      ...speedRow(name, some),
      `${median(some.map((round) => microsOf(round, 'gateway'))).toFixed(0)} us`,
    ];
    report(
      'gate',
      [
        `${CONNECTIONS} members who are inside ask a service that answers at once, each again when it is answered, by two routes that differ by their gate alone`,
        `(member; member and \`admitted\`). ${ROUNDS} rounds of ${ROUND_MS / 1_000} s each in turn; medians. The gateway keeps an admission for a second, so of the gated`,
        `requests one a second of each member asks the queue.`,
        '',
        table([['', 'answers', 'p50', 'p99', 'CPU of the gateway'], rowOf('without a gate', without), rowOf('behind the gate', with_)]),
        '',
        `Added by the gate, medians of the rounds: ${added((round) => 1 / round.loop.perSecond)} of the time of an answer,`,
        `${added((round) => microsOf(round, 'gateway'))} of the gateway's CPU.${oddities([...without, ...with_], 200)} Aim: 10 %.`,
      ].join('\n'),
    );
  } finally {
    await fleet.stop();
    owner.kill('SIGTERM');
  }
};
