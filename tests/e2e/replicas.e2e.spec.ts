import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@onsale/shared/testing';
import type { ServiceName } from '../../scripts/fleet/services.ts';
import { broken } from '../../scripts/invariants/report.ts';
import { verifyInvariants } from '../../scripts/invariants/verify-invariants.ts';
import { tally } from '../kit/outcome.ts';
import { report } from '../kit/report.ts';
import { startTestFleet, twoOfEach, type TestFleet } from '../kit/test-fleet.ts';

const PAYMENTS = 100;

/** Neither ends nor messages are looked for: what one replica does the other hears of by notice, or never. Nor is anything sent again. */
const settings = { payment: { ONSALE_ENDS_POLLING: 'off', ONSALE_SAGA_SWEEP_MS: '3600000' } };

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startTestFleet({ replicas: twoOfEach, settings });
});
afterAll(() => fleet?.stop());

const requestsAnsweredBy = (service: ServiceName): Promise<number[]> =>
  Promise.all(fleet.processesOf(service).map((process) => fleet.metric([process], 'onsale_http_request_seconds_count')));

describe('two replicas of every service, payment without polling', () => {
  it('answer 201 to a hundred payments, ends and messages being told of across replicas', async () => {
    const { queueId, scheduleId } = await fleet.sale({ seats: PAYMENTS, price: 1_000, queue: { cap: PAYMENTS } });
    const members = await fleet.members(PAYMENTS);
    await Promise.all(members.map((member) => member.isAdmitted(queueId)));
    const held = await Promise.all(members.map((member, n) => member.holds(scheduleId, [String(n + 1)])));
    await Promise.all(members.map((member) => member.charges(1_000)));

    const paid = await Promise.all(members.map((member, n) => member.pays(held[n]!.body!.id)));

    expect(tally(paid)).toEqual({ '201': PAYMENTS });
    const payments = fleet.processesOf('payment');
    const [ends, messages] = await Promise.all([
      fleet.metric(payments, 'onsale_ends_noticed_total', { how: 'notice' }),
      fleet.metric(payments, 'onsale_outbox_woken_total', { how: 'notice' }),
    ]);
    report(`noticed from the other replica of payment: ${ends} ends of payments, ${messages} shards of the outbox`);
    expect(ends).toBeGreaterThan(0);
    expect(messages).toBeGreaterThan(0);
    expect(await fleet.metric(payments, 'onsale_ends_noticed_total', { how: 'read' })).toBe(0);
    expect(await fleet.stores.sales(scheduleId)).toHaveLength(PAYMENTS);
    expect(broken(await verifyInvariants(fleet))).toEqual([]);
  });

  it('share the requests, and none takes all', async () => {
    const { queueId } = await fleet.sale({ seats: 1, queue: { cap: 0 } });
    const members = await fleet.members(40);
    await Promise.all(members.map((member) => member.takesNumber(queueId)));
    await eventually(async () => {
      await Promise.all(members.map((member) => Promise.all([member.wallet(), member.reservations(), member.status(queueId)])));
      const answered = await Promise.all((['gateway', 'queue', 'reservation', 'payment'] as const).map(requestsAnsweredBy));
      for (const shares of answered) expect(Math.min(...shares)).toBeGreaterThan(Math.max(...shares) / 4);
    });
  });
});
