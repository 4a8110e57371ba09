import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createClient } from '@onsale/contracts';
import { eventually, testProxy, type TestProxy } from '@onsale/shared/testing';
import { broken } from '../../scripts/invariants/report.ts';
import { verifyInvariants } from '../../scripts/invariants/verify-invariants.ts';
import { createCrowd } from '../../scripts/load/crowd.ts';
import type { ShoppingPlan } from '../../scripts/load/journey.ts';
import { createKeepAliveFetch, type KeepAliveFetch } from '../../scripts/load/keep-alive-fetch.ts';
import { createOperationsJournal } from '../../scripts/load/operations-journal.ts';
import { seatShopping } from '../../scripts/load/shopper.ts';
import { createStepTimes } from '../../scripts/load/step-times.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

let fleet: TestFleet;
let proxy: TestProxy;
let wire: KeepAliveFetch;
beforeAll(async () => {
  fleet = await startTestFleet();
});
afterAll(() => fleet?.stop());
beforeEach(async () => {
  proxy = await testProxy(fleet.gatewayUrl);
  wire = createKeepAliveFetch({ baseUrl: new URL(proxy.url).origin });
});
afterEach(async () => {
  await wire.close();
  await proxy.stop();
});

const COUNT = 40;

/** A sale of as many seats as there are members, each of whom wants one of its own, through the proxy. */
const crowdWith = async (plan: Partial<ShoppingPlan>) => {
  const { queueId, scheduleId } = await fleet.sale({ seats: COUNT, queue: { cap: null } });
  const members = (await fleet.members(COUNT)).map(({ id, accessToken }) => ({ memberId: id, accessToken }));
  const [journal, times] = [createOperationsJournal(), createStepTimes()];
  const client = createClient({ baseUrl: new URL(proxy.url).origin, fetch: wire.fetch });
  const saleOf = (n: number) => ({ queueId, scheduleId, seatIds: [String(n + 1)] });
  return { scheduleId, journal, times, crowd: createCrowd({ client, members, shopping: seatShopping(saleOf), journal, times, plan }) };
};

type Crowd = Awaited<ReturnType<typeof crowdWith>>['crowd'];

/** Answers stop until the stores have holds or sales that nobody was told of; then all that is on its way is lost, and the way is open again. */
const losesAnswers = async (scheduleId: string, crowd: Crowd): Promise<void> => {
  const untold = async (): Promise<number> => {
    const [reservations, sales] = await Promise.all([fleet.stores.reservations(scheduleId), fleet.stores.sales(scheduleId)]);
    const { held, paid } = crowd.counts().events;
    return reservations.length + sales.length - held - paid;
  };
  await eventually(() => expect(crowd.counts().events.paid).toBeGreaterThan(0));
  await eventually(async () => {
    proxy.mute();
    // those under way may be of another kind just then
    await eventually(async () => expect(await untold()).toBeGreaterThan(0), { withinMs: 500 }).catch((error: unknown) => {
      proxy.heal();
      throw error;
    });
  });
  proxy.cut();
  proxy.heal();
};

const violations = async (operations: Parameters<typeof verifyInvariants>[0]['operations'] & object) =>
  broken(await verifyInvariants({ databases: fleet.databases, redisUrl: fleet.redisUrl, namespace: fleet.namespace, operations }));

describe('a crowd whose answers get lost', () => {
  it('asks again by the same keys, and everybody has what it wanted, once', async () => {
    const { scheduleId, journal, times, crowd } = await crowdWith({ repeatShare: 0.2 });
    const [journeys] = await Promise.all([crowd.together({ atOnce: 10 }), losesAnswers(scheduleId, crowd)]);

    expect(journeys.map(({ end }) => end)).toEqual(Array.from({ length: COUNT }, () => 'paid'));
    const operations = journal.operations();
    expect(operations.filter(({ attempts }) => attempts > 1).length).toBeGreaterThan(0);
    expect(operations.filter(({ outcome }) => outcome === 'unknown')).toEqual([]);
    expect(operations.filter(({ kind }) => kind === 'pay')).toHaveLength(COUNT);
    expect(await fleet.stores.sales(scheduleId)).toHaveLength(COUNT);
    expect(times.summaries().find(({ step }) => step === 'purchase')).toMatchObject({ count: COUNT });
    expect(await violations(operations)).toEqual([]);
  });

  it('that asks but once settles what it was not told, and its journal says what the stores say', async () => {
    const { scheduleId, journal, crowd } = await crowdWith({ operationMs: 0 });
    const [journeys] = await Promise.all([crowd.arriving({ perSecond: 20 }), losesAnswers(scheduleId, crowd)]);

    expect(journeys).toHaveLength(COUNT);
    const operations = journal.operations();
    const unknown = operations.filter(({ outcome }) => outcome === 'unknown');
    expect(unknown.length).toBeGreaterThan(0);
    expect(unknown.filter(({ settled }) => settled === undefined)).toEqual([]);
    expect(journeys.filter(({ end }) => end === 'paid').length).toBeGreaterThan(0);
    expect((await fleet.stores.sales(scheduleId)).length).toBeGreaterThanOrEqual(journeys.filter(({ end }) => end === 'paid').length);
    expect(await violations(operations)).toEqual([]);
  });
});
