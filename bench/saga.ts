import { setTimeout as rest } from 'node:timers/promises';
import { eventually } from '@onsale/shared/testing';
import type { TestMember } from '../tests/kit/member.ts';
import { kafkaRoundTrip } from './kit/kafka-round-trip.ts';
import { summaryOf, type Summary } from '../scripts/load/latencies.ts';
import { openLoop } from '../scripts/load/open-loop.ts';
import { usageOf } from './kit/process-usage.ts';
import { ms, progress, report, table } from './kit/report.ts';
import { startShopFleet } from './kit/shop-fleet.ts';

const PER_SECOND = 10;
const PAYMENTS = 300;
/** Payments before the measured ones: V8 has compiled the way of a payment after some hundred of them. */
const WARM_UP = 600;
const MEMBERS = 300;
const IDLE_SECONDS = 10;

interface Ready {
  readonly member: TestMember;
  readonly reservationId: string;
}

/** Held seats, one a reservation, and the points for them, made a few at a time. */
const prepare = async (
  members: readonly TestMember[],
  seats: number,
  { queueId, scheduleId }: { queueId: string; scheduleId: string },
): Promise<Ready[]> => {
  const ready: Ready[] = [];
  const left = members.map((member, i) => ({
    member,
    seatIds: Array.from({ length: seats / members.length }, (_, n) => String(i + n * members.length + 1)),
  }));
  const one = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const { member, seatIds } = next;
      await member.isAdmitted(queueId);
      await member.charges(1_000 * seatIds.length);
      for (const seatId of seatIds) ready.push({ member, reservationId: (await member.holds(scheduleId, [seatId])).body!.id });
    }
  };
  await Promise.all(Array.from({ length: 8 }, one));
  return ready;
};

const rowOf = (name: string, { count, p50, p95, p99, max }: Summary): string[] => [name, String(count), ms(p50), ms(p95), ms(p99), ms(max)];

/** A payment at 10 a second on a fleet that does nothing else, beside the bare Kafka round trip of the same seconds. */
export const saga = async ({ kafkaBrokers }: { kafkaBrokers: string }): Promise<void> => {
  const say = progress('saga');
  say('starting a fleet');
  const fleet = await startShopFleet();
  const yardstick = await kafkaRoundTrip(kafkaBrokers.split(','));
  try {
    say(`holding ${WARM_UP + PAYMENTS} seats for ${MEMBERS} members`);
    const sale = await fleet.sale({ seats: WARM_UP + PAYMENTS, queue: { cap: null } });
    const ready = await prepare(await fleet.members(MEMBERS), WARM_UP + PAYMENTS, sale);
    const pay = async ({ member, reservationId }: Ready) => member.once().pays(reservationId);
    say(`warming up: ${WARM_UP} payments, then ${PAYMENTS} round trips, at ${4 * PER_SECOND} a second`);
    await openLoop(ready.slice(0, WARM_UP), 4 * PER_SECOND, pay);
    await openLoop(Array.from({ length: PAYMENTS }), 4 * PER_SECOND, yardstick.once);

    say(`measuring: ${PAYMENTS} payments at ${PER_SECOND} a second, ${PAYMENTS / PER_SECOND} s`);
    const [payments, bare] = await Promise.all([
      openLoop(ready.slice(WARM_UP), PER_SECOND, pay),
      rest(500 / PER_SECOND).then(() => openLoop(Array.from({ length: PAYMENTS }), PER_SECOND, yardstick.once)), // half a period later, so that the two do not meet
    ]);
    const completed = payments.filter(({ result }) => result.body?.status === 'COMPLETED');
    await eventually(() => fleet.digest({ settled: true }), { withinMs: 10_000 });
    say(`watching the idle fleet, ${IDLE_SECONDS} s`);
    const idle = await usageOf(
      fleet.processes.map((process) => ({ name: process.name, pid: process.pid() })),
      IDLE_SECONDS,
    );

    const [paid, there] = [summaryOf(completed.map(({ ms }) => ms)), summaryOf(bare.map(({ ms }) => ms))];
    report(
      'saga',
      [
        `${PAYMENTS} payments offered at ${PER_SECOND} a second on an otherwise idle fleet that has served ${WARM_UP} before, ${completed.length} answered 201 COMPLETED. A payment is lock, debit, confirm and`,
        `complete: two Kafka round trips with their transactions, between HTTP request and answer through the gateway. The yardstick is one bare round trip by`,
        `the Kafka client, running at the same rate in the same seconds.`,
        '',
        table([['', 'count', 'p50', 'p95', 'p99', 'max'], rowOf('payment', paid), rowOf('bare Kafka round trip', there)]),
        '',
        `Ratio to the round trip: p50 ${(paid.p50 / there.p50).toFixed(1)}, p99 ${(paid.p99 / there.p99).toFixed(1)}. Aim: p50 <= 25 ms, p99 <= 80 ms.`,
        '',
        `Each service idle, over ${IDLE_SECONDS} s afterwards:`,
        '',
        table([
          ['service', 'CPU of one core', 'memory'],
          ...idle.map(({ name, cpu, megabytes }) => [name, `${cpu.toFixed(1)} %`, `${megabytes.toFixed(0)} MB`]),
        ]),
      ].join('\n'),
    );
  } finally {
    await yardstick.stop();
    await fleet.stop();
  }
};
