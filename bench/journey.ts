import { createClient } from '@onsale/contracts';
import { newId } from '@onsale/shared/ids';
import { engineNames, type Engines } from '../scripts/engines/engines.ts';
import { broken } from '../scripts/invariants/report.ts';
import { verifyInvariants } from '../scripts/invariants/verify-invariants.ts';
import { createCrowd, type CrowdJourney } from '../scripts/load/crowd.ts';
import { createKeepAliveFetch } from '../scripts/load/keep-alive-fetch.ts';
import { createOperationsJournal } from '../scripts/load/operations-journal.ts';
import { seatShopping } from '../scripts/load/shopper.ts';
import { createStepTimes } from '../scripts/load/step-times.ts';
import type { TestFleet } from '../tests/kit/test-fleet.ts';
import { summaryOf } from '../scripts/load/latencies.ts';
import { type Process, usageSinceNow } from './kit/process-usage.ts';
import { ms, report, table } from './kit/report.ts';
import { startShopFleet } from './kit/shop-fleet.ts';
import { openSaleNight } from './kit/sale-night.ts';
import { bareRequestsPerSecond } from './kit/yardstick.ts';

const PER_SECOND = 100;
const SECONDS = 30;
/** Purchases at the same rate before the measured ones, for V8 and the pools. */
const WARM_UP_SECONDS = 15;
const YARDSTICK_MS = 5_000;
const CAP = 500;
const PRICE = 1_000;
/** A fleet that is late must not make more of its work: these are copies of what only waits. */
const RESENT = 'onsale_saga_commands_resent_total';

const processesOf = async (fleet: TestFleet, { units }: Engines): Promise<Process[]> => {
  const engines = units === undefined ? [] : await Promise.all(engineNames.map(async (name) => ({ name, pid: await units[name].pid() })));
  return [
    ...fleet.processes.map((process) => ({ name: process.name, pid: process.pid() })),
    ...engines.flatMap(({ name, pid }) => (pid === undefined ? [] : [{ name, pid }])),
    { name: 'load generator', pid: process.pid },
  ];
};

const countedBy = (journeys: readonly CrowdJourney[]): string =>
  Object.entries(Object.groupBy(journeys, ({ end, code }) => (code === undefined ? end : `${end} ${code}`)))
    .map(([end, group]) => `${group!.length} ${end}`)
    .join(', ');

/**
 * Members come at a fixed rate, each with a seat of its own in mind: a number, the turn, a hold, a charge, the payment until it is COMPLETED, all
 * through the gateway. Everything on one machine, the generator and the engines too.
 */
export const journey = async (engines: Engines, [rate = String(PER_SECOND)]: readonly string[]): Promise<void> => {
  const perSecond = Number(rate);
  const [warmUp, count] = [perSecond * WARM_UP_SECONDS, perSecond * SECONDS];
  const bare = await bareRequestsPerSecond({ redisUrl: engines.redisUrl, ms: YARDSTICK_MS });
  const fleet = await startShopFleet();
  const wire = createKeepAliveFetch({ baseUrl: fleet.gatewayUrl });
  try {
    const client = createClient({ baseUrl: fleet.gatewayUrl, fetch: wire.fetch });
    const saleOf = await openSaleNight(fleet, { count: warmUp + count, cap: CAP, price: PRICE });
    const ids = Array.from({ length: warmUp + count }, newId);
    const members = await Promise.all(ids.map(async (memberId) => ({ memberId, accessToken: await fleet.accessToken({ memberId }) })));
    const journal = createOperationsJournal();
    const crowdOf = (from: number, to: number, times = createStepTimes()) =>
      createCrowd({ client, members: members.slice(from, to), shopping: seatShopping((n) => saleOf(from + n)), journal, times });

    console.log(`warming up: ${warmUp} purchases`);
    await crowdOf(0, warmUp).arriving({ perSecond });
    console.log(`measuring: ${count} purchases`);
    const times = createStepTimes();
    const sentBefore = await fleet.metric(fleet.processes, RESENT);
    const usage = usageSinceNow(await processesOf(fleet, engines));
    const began = performance.now();
    const journeys = await crowdOf(warmUp, warmUp + count, times).arriving({ perSecond });
    const seconds = (performance.now() - began) / 1_000;
    const used = usage();
    const sentAgain = (await fleet.metric(fleet.processes, RESENT)) - sentBefore;

    const { databases, redisUrl, namespace } = fleet;
    const findings = await verifyInvariants({ databases, redisUrl, namespace, operations: journal.operations() });
    const paid = journeys.filter(({ end }) => end === 'paid');
    const all = summaryOf(paid.map((journey) => journey.ms));
    const rowOf = (name: string, { count, p50, p95, p99, max }: typeof all) => [name, String(count), ms(p50), ms(p95), ms(p99), ms(max)];
    const achieved = paid.length / seconds;
    report(
      'journey',
      [
        `${count} members come at ${perSecond} a second, each for a seat of its own: number, turn, hold, charge and payment through the gateway, measured from`,
        `when the member should have come until it owns the seat. ${(seconds - SECONDS).toFixed(1)} s after the last had come all were through.`,
        '',
        table([
          ['offered', 'achieved', 'ends', 'commands sent again', 'violations of the invariants'],
          [
            `${perSecond.toFixed(0)} / s`,
            `${achieved.toFixed(1)} / s`,
            countedBy(journeys),
            String(sentAgain),
            `${broken(findings).length} of ${findings.length} sentences`,
          ],
        ]),
        '',
        table([
          ['', 'count', 'p50', 'p95', 'p99', 'max'],
          rowOf('paid purchase', all),
          ...times.summaries().flatMap(({ step, ...summary }) => (step === 'purchase' ? [] : [rowOf(step, summary)])),
        ]),
        '',
        table([
          ['process', 'CPU of one core', 'memory'],
          ...used.map(({ name, cpu, megabytes }) => [name, `${cpu.toFixed(0)} %`, `${megabytes.toFixed(0)} MB`]),
        ]),
        '',
        `CPU time of all of them: ${((used.reduce((sum, { cpu }) => sum + cpu, 0) / 100 / achieved) * 1_000).toFixed(1)} ms a purchase. The yardstick is a bare express server`,
        `that answers with a Redis ZRANK: ${bare.toFixed(0)} requests a second in the same run, ${(bare / achieved).toFixed(0)} for each purchase. Aim: 100 purchases a second on 2 cores, p95 < 500 ms.`,
      ].join('\n'),
    );
  } finally {
    await wire.close();
    await fleet.stop();
  }
};
