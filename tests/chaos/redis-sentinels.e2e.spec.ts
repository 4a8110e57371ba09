import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@onsale/shared/testing';
import { broken } from '../../scripts/invariants/report.ts';
import { verifyInvariants } from '../../scripts/invariants/verify-invariants.ts';
import { survivesLosing } from '../kit/lost-redis.ts';
import { startSentinels } from '../kit/redis-sentinels.ts';
import { enginesWithRedis } from '../kit/test-engines.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

let redis: Awaited<ReturnType<typeof startSentinels>>;
let fleet: TestFleet;
beforeAll(async () => {
  redis = await startSentinels();
  fleet = await startTestFleet({ engines: enginesWithRedis(redis.url), replicas: { queue: 2 } });
});
afterEach(async () => expect(broken(await verifyInvariants(fleet))).toEqual([]));
afterAll(async () => {
  await fleet?.stop();
  await redis?.stop();
});

describe('a Redis behind sentinels whose master dies', () => {
  it('brings no spent token back, keeps those inside inside, and the line in its order', async () => {
    await survivesLosing(fleet, () => redis.master.kill());

    expect(await redis.replica.client.info('replication')).toContain('role:master');
    await eventually(async () => {
      expect(await fleet.metric(fleet.processesOf('queue'), 'onsale_queue_restorations_total')).toBeGreaterThan(0);
    });
  });
});
