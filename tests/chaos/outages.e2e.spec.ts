import { setTimeout as rest } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@onsale/shared/testing';
import { verifyInvariants } from '../../scripts/invariants/verify-invariants.ts';
import type { TestMember } from '../kit/member.ts';
import { outageOf } from '../kit/outage.ts';
import { tally } from '../kit/outcome.ts';
import { startOwnEngines, type OwnEngines } from '../kit/own-engines.ts';
import { report } from '../kit/report.ts';
import { startRollingLoad, type RollingLoad } from '../kit/rolling-load.ts';
import { wholeEngines, type FleetEngines } from '../kit/test-engines.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';
import { settled } from '../kit/under-way.ts';
import { createWitness } from '../kit/witness.ts';

const SEATS = 600;
const SHOPPERS = 20;
/** Purchases before a fault, and again after it. */
const WANTED = 20;
const HEALED_MS = 60_000;
/** So that a lost line is put in order again soon. */
const SOON = { maxPollSeconds: 1 };

let engines: OwnEngines;
let ways: FleetEngines;
let fleet: TestFleet;
let load: RollingLoad;
const witness = createWitness();

beforeAll(async () => {
  engines = await startOwnEngines();
  ways = wholeEngines(engines);
  const settings = {
    all: { ONSALE_KAFKA_SESSION_MS: '6000' }, // as short as Kafka lets it be
    payment: { ONSALE_SAGA_SWEEP_MS: '3600000' }, // no command is sent again: what an outage loses stays lost
  };
  fleet = await startTestFleet({ engines: ways, fetch: witness.fetch, settings, replicas: { payment: 2 } });
});
afterAll(async () => {
  await fleet?.stop();
  await engines?.stop();
});

const total = (name: string): Promise<number> =>
  fleet.metric(
    fleet.processes.filter(({ service }) => service !== 'gateway'),
    name,
  );
/** What is counted against messages: an engine that is away is no fault of theirs. */
const counted = async () => ({ failed: await total('onsale_consumer_failures_total'), dead: await total('onsale_consumer_dead_total') });

/** Exits of processes that nobody wanted. */
const crashes = () =>
  fleet.processes.flatMap(({ name, exits }) => exits().map((exit) => ({ name, ...exit }))).filter(({ code }) => code !== 0);
let crashesBefore: ReturnType<typeof crashes>;

beforeEach(async () => {
  witness.faults();
  crashesBefore = crashes();
  const sale = await fleet.sale({ seats: SEATS, queue: { cap: SEATS, ...SOON } });
  load = startRollingLoad({ fleet, sale, seats: SEATS, atOnce: SHOPPERS, poorOneOf: 5 });
  await eventually(() => expect(load.paid()).toBeGreaterThanOrEqual(WANTED), { withinMs: HEALED_MS });
});

afterEach(() => load?.close()); // of a test that failed

/** The load went on, everything came to its end in time, and the stores hold what they promise; no process ended, no request hung. */
const becomesWhole = async (healedAt: Date): Promise<void> => {
  const paid = load.paid();
  await eventually(() => expect(load.paid()).toBeGreaterThanOrEqual(paid + WANTED), { withinMs: HEALED_MS });
  const ends = await load.finish();
  await settled(fleet);
  report(`${paid} paid before it was whole, ${load.paid()} in all; the slowest answer took ${witness.seen.slowestMs} ms`);

  expect(ends.filter(({ end, code }) => end !== 'paid' && code !== 'INSUFFICIENT_POINTS')).toEqual([]);
  expect(witness.faults()).toEqual({ unanswered: [], overdue: [] });
  expect(crashes()).toEqual(crashesBefore);
  const findings = await verifyInvariants({ ...fleet, kafkaBrokers: engines.kafkaBrokers, healedAt, operations: load.operations() });
  expect(findings.filter(({ violations }) => violations > 0)).toEqual([]);
};

/** A member inside, with points. */
const customer = async (queueId: string): Promise<TestMember> => {
  const [member] = await fleet.members(1);
  await member.isAdmitted(queueId);
  await member.charges(1_000);
  return member;
};

describe('an engine that is away under load', () => {
  it('Kafka, for 20 s: seats are held and points charged all the same, payments wait; a process that is told to stop does', async () => {
    const victim = fleet.processesOf('payment')[1]!;
    const { queueId, scheduleId } = await fleet.sale({ seats: 2, queue: { cap: 10 } });
    let paymentId: string | undefined;
    let ada: TestMember;
    const healedAt = await outageOf(engines.units.kafka, async () => {
      const over = rest(20_000); // what is tested is an outage of this length
      await eventually(async () => expect(await fleet.metric([victim], 'onsale_ends_waiting')).toBeGreaterThan(0));
      victim.kill('SIGTERM');
      ada = await customer(queueId);
      const held = await ada.holds(scheduleId, ['1']);
      expect(held).toMatchObject({ is: '201' });
      const paid = await ada.once().pays(held.body!.id);
      expect(paid).toMatchObject({ is: '202', body: { status: 'PROCESSING' } });
      paymentId = paid.body!.id;
      expect(await victim.exited()).toEqual({ code: 0, signal: null });
      expect(fleet.logOf(victim).find(({ msg }) => msg === 'drained')).toMatchObject({ unanswered: 0 });
      await over;
    });
    await Promise.all([
      eventually(async () => expect(await ada.payment(paymentId!)).toMatchObject({ body: { status: 'COMPLETED' } }), {
        withinMs: HEALED_MS,
      }),
      victim.start(),
    ]);
    await becomesWhole(healedAt);
  });

  it('Redis: seats are held all the same, numbers wait', async () => {
    const { queueId, scheduleId } = await fleet.sale({ seats: 2, queue: { cap: 10, ...SOON } });
    const ada = await customer(queueId);
    const [bob] = await fleet.members(1);
    const restored = await total('onsale_queue_restorations_total');
    const healedAt = await outageOf(engines.units.redis, async () => {
      expect(await ada.holds(scheduleId, ['1'])).toMatchObject({ is: '201' });
      expect(await bob.once().takesNumber(queueId)).toMatchObject({ status: 503 });
    });
    await eventually(async () => expect((await bob.takesNumber(queueId)).body).toBeDefined(), { withinMs: HEALED_MS });
    expect(await total('onsale_queue_restorations_total')).toBeGreaterThan(restored);
    await becomesWhole(healedAt);
  });

  it('MySQL: messages wait for it, and none is counted or given up', async () => {
    const before = await counted();
    const pauses = await total('onsale_consumer_pauses_total');
    const healedAt = await outageOf(engines.units.mysql, () =>
      eventually(async () => expect(await total('onsale_consumer_pauses_total')).toBeGreaterThan(pauses), { withinMs: HEALED_MS }),
    );
    await becomesWhole(healedAt);
    expect(await counted()).toEqual(before);
  });
});

describe('Redis, emptied while 200 wait and 20 are admitted', () => {
  const CAP = 20;
  const WAITING = 200;
  /** Who come back in one moment. */
  const TOGETHER = 20;

  it('has everybody back in the same order, never more than the cap inside, and nobody twice', async () => {
    const { queueId, scheduleId } = await fleet.sale({ seats: CAP, queue: { cap: CAP, maxPollSeconds: 10 } }); // the line rests for 18 s
    const [spender, leaver, ...crowd] = await fleet.members(2 + CAP + WAITING);
    for (const one of [spender, leaver]) await one.isAdmitted(queueId);
    const held = await spender.holds(scheduleId, ['1']);
    await spender.charges(1_000);
    expect(await spender.pays(held.body!.id)).toMatchObject({ is: '201' });
    expect(await leaver.leaves(queueId)).toMatchObject({ is: '204' });
    await eventually(async () => expect((await spender.status(queueId)).body).toMatchObject({ status: 'COMPLETED' }));
    const gone = (await fleet.stores.journal(queueId)).map(({ number }) => number);

    const leftOnceInside = async (member: TestMember): Promise<boolean> => {
      const { body } = await member.status(queueId);
      return body?.status === 'ADMITTED' ? (await member.leaves(queueId)).is === '204' : body?.status === 'LEFT';
    };

    const entered = await Promise.all(crowd.map(async (member) => ({ member, number: (await member.takesNumber(queueId)).body!.number })));
    const line = entered.toSorted((a, b) => a.number - b.number);
    const statuses = () => Promise.all(line.map(async ({ member }) => ({ is: (await member.status(queueId)).body?.status ?? 'unknown' })));
    await eventually(async () => expect(tally(await statuses())).toEqual({ ADMITTED: CAP, WAITING }));

    const emptied = await ways.redis.multi().flushall().dbsize().exec();
    expect(emptied).toEqual([
      [null, 'OK'],
      [null, 0],
    ]);
    const healedAt = new Date();

    // some ask for another number, and still show the token that they have
    await Promise.all(
      line.slice(CAP, CAP + 20).map(async ({ member }) => {
        const token = member.token();
        await member.takesNumber(queueId);
        member.shows(token);
      }),
    );
    // every slot is free before the first of them is back, and the last are back first: all within the rest that the line takes for them
    for (const { member } of line.slice(0, CAP)) expect(await member.leaves(queueId)).toMatchObject({ is: '204' });
    const waiting = new Set(line.slice(CAP).map(({ member }) => member));
    for (let last = WAITING; last > 0; last -= TOGETHER) {
      await Promise.all([...waiting].slice(last - TOGETHER, last).map((member) => member.status(queueId)));
    }
    const comeIn = async () => (await fleet.stores.journal(queueId)).slice(gone.length + CAP).map(({ number }) => number);
    const first = line.slice(CAP, 2 * CAP).map(({ number }) => number);
    await eventually(async () => expect(await comeIn()).toEqual(first), { withinMs: HEALED_MS });
    await eventually(
      async () => {
        const next = [...waiting].slice(0, 2 * CAP); // in their order: those behind are not asked for
        await Promise.all(next.map(async (member) => (await leftOnceInside(member)) && waiting.delete(member)));
        expect(waiting.size).toBe(0);
      },
      { withinMs: 120_000, everyMs: 100 },
    );

    const journal = await fleet.stores.journal(queueId);
    expect(journal.map(({ number }) => number)).toEqual([...gone, ...line.map(({ number }) => number)]);
    expect(fleet.stores.mostAtOnce(journal)).toBe(CAP);
    expect((await spender.status(queueId)).body).toMatchObject({ status: 'COMPLETED' });
    expect((await leaver.status(queueId)).body).toMatchObject({ status: 'LEFT' });
    await becomesWhole(healedAt);
  });
});
