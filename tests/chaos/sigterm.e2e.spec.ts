import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readMe, signUp } from '@onsale/contracts/commerce';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import type { ServiceProcess } from '../../scripts/fleet/service-process.ts';
import type { ServiceName } from '../../scripts/fleet/services.ts';
import { verifyInvariants } from '../../scripts/invariants/verify-invariants.ts';
import { outcomeOf, type Outcome } from '../kit/outcome.ts';
import { report } from '../kit/report.ts';
import { startRollingLoad, type RollingLoad } from '../kit/rolling-load.ts';
import { lockTable } from '../kit/table-lock.ts';
import { startTestFleet, twoOfEach, type TestFleet } from '../kit/test-fleet.ts';
import { settled } from '../kit/under-way.ts';
import { createWitness } from '../kit/witness.ts';

/** One request, and how what it did reads afterwards. */
interface Asker {
  readonly ask: () => Promise<Outcome<unknown>>;
  readonly readBack: () => Promise<string>;
}

interface Cell {
  readonly service: ServiceName;
  /** Requests gather where this table is waited for. */
  readonly gathersAt: readonly [schema: ServiceName, table: string];
  readonly askers: (fleet: TestFleet) => Promise<Asker[]>;
  /** How the truth of every 2xx reads afterwards. */
  readonly readsAs: string;
}

const IN_FLIGHT = 20;
const SHOPPERS = 10;
const ASKERS = 60;
const SEATS = 600;
const PATIENCE = { withinMs: 60_000 };

const holders = async (fleet: TestFleet): Promise<Asker[]> => {
  const { queueId, scheduleId } = await fleet.sale({ seats: ASKERS, queue: { cap: ASKERS } });
  const members = await fleet.members(ASKERS);
  await Promise.all(members.map((member) => member.isAdmitted(queueId)));
  return members.map((member, n) => {
    let id: string | undefined;
    return {
      ask: async () => {
        const outcome = await member.once().holds(scheduleId, [String(n + 1)]);
        id = outcome.body?.id;
        return outcome;
      },
      readBack: async () => (await member.reservation(id!)).body?.status ?? 'unknown',
    };
  });
};

const chargers = async (fleet: TestFleet): Promise<Asker[]> =>
  (await fleet.members(ASKERS)).map((member) => ({
    ask: () => member.once().charges(1_000),
    readBack: async () => `${(await member.wallet()).body?.balance} points`,
  }));

/** Everybody in a line that admits nobody, about to leave it. */
const leavers = async (fleet: TestFleet): Promise<Asker[]> => {
  const { queueId } = await fleet.sale({ seats: 1, queue: { cap: 0 } });
  const members = await fleet.members(ASKERS);
  await Promise.all(members.map((member) => member.takesNumber(queueId)));
  return members.map((member) => ({
    ask: () => member.once().leaves(queueId),
    readBack: async () => (await member.status(queueId)).body?.status ?? 'unknown',
  }));
};

const newcomers = async ({ client, accessToken }: TestFleet): Promise<Asker[]> =>
  Array.from({ length: ASKERS }, () => {
    let memberId: string | undefined;
    const body = { email: `${newId()}@onsale.test`, password: 'correct horse battery', name: 'A newcomer' };
    return {
      ask: async () => {
        const outcome = await outcomeOf(client.answer(signUp, { body }));
        memberId = outcome.body?.id;
        return outcome;
      },
      readBack: async () => {
        const me = await client.call(readMe, { accessToken: await accessToken({ memberId: memberId! }) });
        return me.email === body.email ? 'is a member' : 'is somebody else';
      },
    };
  });

const cells: Cell[] = [
  { service: 'gateway', gathersAt: ['reservation', 'seats'], askers: holders, readsAs: 'HELD' },
  { service: 'reservation', gathersAt: ['reservation', 'seats'], askers: holders, readsAs: 'HELD' },
  { service: 'payment', gathersAt: ['payment', 'wallets'], askers: chargers, readsAs: '1000 points' },
  { service: 'queue', gathersAt: ['queue', 'journal'], askers: leavers, readsAs: 'LEFT' },
  { service: 'commerce', gathersAt: ['commerce', 'members'], askers: newcomers, readsAs: 'is a member' },
];

const drain = { ONSALE_DRAIN_DELAY_SECONDS: '1', ONSALE_DRAIN_SECONDS: '15' };
/** So that what gathers waits for as long as it takes to gather, on a slow machine too. */
const patience = { ONSALE_MYSQL_LOCK_WAIT_SECONDS: '9', ONSALE_MYSQL_ACQUIRE_MS: '9000' };

let fleet: TestFleet;
const witness = createWitness();
beforeAll(async () => {
  fleet = await startTestFleet({
    replicas: twoOfEach,
    settings: { all: { ...drain, ...patience }, payment: { ONSALE_SAGA_SWEEP_MS: '3600000' } }, // what a drain loses stays lost
    fetch: witness.fetch,
  });
});
afterAll(() => fleet?.stop());

const said = (process: ServiceProcess, msg: string) => fleet.logOf(process).find((line) => line['msg'] === msg);

/** SIGTERM with requests gathered in the process, which can be answered only after it has begun to drain. */
const stopsWithRequestsUnderWay = async (victim: ServiceProcess, { gathersAt: [schema, table], askers }: Cell) => {
  const asking = await askers(fleet);
  const lock = await lockTable(fleet.databases[schema as 'queue']!, table);
  try {
    const answers = Promise.all(asking.map(async ({ ask, readBack }) => ({ outcome: await ask(), readBack })));
    answers.catch(() => {}); // awaited below
    await eventually(async () => expect(await fleet.metric([victim], 'onsale_http_requests_under_way')).toBeGreaterThanOrEqual(IN_FLIGHT), {
      withinMs: 8_000,
    });
    victim.kill('SIGTERM');
    await eventually(() => expect(said(victim, 'draining')).toBeDefined());
    await lock.release();
    return await answers;
  } finally {
    await lock.release();
  }
};

/** It comes back as if nothing had been: everything that had come is answered, and nothing of it is forgotten. */
const drains = async (victim: ServiceProcess, cell: Cell): Promise<void> => {
  const others = fleet.processesOf('gateway').filter((gateway) => gateway !== victim);
  const broken = () => fleet.metric(others, 'onsale_gateway_upstream_failures_total', { kind: 'broken' });
  const before = await broken();
  const answers = await stopsWithRequestsUnderWay(victim, cell);
  const exit = await victim.exited();

  expect(exit).toEqual({ code: 0, signal: null }); // beyond its deadline it would be 1
  const draining = said(victim, 'draining')!;
  const drained = said(victim, 'drained')!;
  report(`${cell.service}: ${String(draining['underWay'])} under way at SIGTERM, ${String(drained['answered'])} answered since`);
  expect(draining['underWay']).toBeGreaterThanOrEqual(IN_FLIGHT);
  expect(drained).toMatchObject({ unanswered: 0 });
  expect(await broken()).toBe(before);
  expect(witness.faults()).toEqual({ unanswered: [], overdue: [] });

  const done = answers.filter(({ outcome }) => outcome.status < 300);
  expect(done.length).toBeGreaterThanOrEqual(IN_FLIGHT);
  expect(new Set(await Promise.all(done.map(({ readBack }) => readBack())))).toEqual(new Set([cell.readsAs]));
};

describe.each(cells)('SIGTERM to one of two replicas of $service under load', (cell) => {
  const victim = () => fleet.processesOf(cell.service)[1]!;
  let load: RollingLoad;
  beforeEach(async () => {
    witness.faults(); // what an earlier cell left
    const sale = await fleet.sale({ seats: SEATS, queue: { cap: SEATS } });
    load = startRollingLoad({ fleet, sale, seats: SEATS, atOnce: SHOPPERS, poorOneOf: 5 });
    await eventually(() => expect(load.paid()).toBeGreaterThanOrEqual(5), PATIENCE);
  });
  // of a cell that failed
  afterEach(async () => {
    load?.close();
    if (!victim().isRunning()) await victim().start();
  });

  it('answers everything that had come, forgets nothing of it, and ends with 0', async () => {
    await drains(victim(), cell);

    const before = load.paid();
    await victim().start();
    await eventually(() => expect(load.paid()).toBeGreaterThanOrEqual(before + 10), PATIENCE);
    const ends = await load.finish();
    await settled(fleet);
    expect(ends.filter(({ end, code }) => end !== 'paid' && code !== 'INSUFFICIENT_POINTS')).toEqual([]);
    const findings = await verifyInvariants({
      ...fleet,
      kafkaBrokers: process.env.ONSALE_TEST_KAFKA_BROKERS!,
      operations: load.operations(),
    });
    expect(findings.filter(({ violations }) => violations > 0)).toEqual([]);
  });
});
