import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { broken } from '../../scripts/invariants/report.ts';
import { verifyInvariants } from '../../scripts/invariants/verify-invariants.ts';
import { survivesLosing } from '../kit/lost-redis.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startTestFleet();
});
afterEach(async () => expect(broken(await verifyInvariants(fleet))).toEqual([]));
afterAll(() => fleet?.stop());

describe('a Redis that lost everything', () => {
  it('brings no spent token back, keeps those inside inside, and the line in its order', () =>
    survivesLosing(fleet, async () => void (await fleet.emptyRedis())));
});
