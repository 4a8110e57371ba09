import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { verifyInvariants } from '../../scripts/invariants/verify-invariants.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startTestFleet();
}, 120_000);
afterAll(() => fleet?.stop());

describe('the invariants', () => {
  it('hold after real purchases', async () => {
    const { queueId, scheduleId } = await fleet.sale({ seats: 10, price: 1_000, queue: { cap: 3 } });
    const members = fleet.members(8);
    await Promise.all(
      members.map(async (member, i) => {
        await member.isAdmitted(queueId);
        const held = await member.holds(scheduleId, [String(i + 1)]);
        await member.charges(1_000);
        await member.pays(held.body!.id);
      }),
    );
    const findings = await verifyInvariants(fleet);
    expect(findings.filter(({ violations }) => violations > 0)).toEqual([]);
  });
});
