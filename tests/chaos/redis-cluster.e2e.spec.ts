import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createProduct, listPopularProducts, readMe, signIn, signOut, signUp, tokensOf } from '@onsale/contracts/commerce';
import { changeQueue } from '@onsale/contracts/queue';
import { endedSessions } from '@onsale/shared/auth';
import { idToBytes, newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { broken } from '../../scripts/invariants/report.ts';
import { verifyInvariants } from '../../scripts/invariants/verify-invariants.ts';
import { couponKeys } from '../../services/commerce/src/coupons/counters/counters.ts';
import { lineKey } from '../../services/queue/src/line/line.ts';
import { survivesLosing } from '../kit/lost-redis.ts';
import { insisted, outcomeOf, tally } from '../kit/outcome.ts';
import { startCluster } from '../kit/redis-cluster.ts';
import type { RedisNode } from '../kit/redis-nodes.ts';
import { enginesWithRedis } from '../kit/test-engines.ts';
import { startTestFleet, twoOfEach, type TestFleet } from '../kit/test-fleet.ts';

let redis: Awaited<ReturnType<typeof startCluster>>;
let fleet: TestFleet;
beforeAll(async () => {
  redis = await startCluster();
  const { queue, gateway } = twoOfEach;
  const settings = { commerce: { ONSALE_COUPON_PENDING_MS: '2000' } };
  fleet = await startTestFleet({ engines: enginesWithRedis(redis.url), replicas: { queue: queue!, gateway: gateway! }, settings });
});
afterEach(async () => expect(broken(await verifyInvariants(fleet))).toEqual([]));
afterAll(async () => {
  await fleet?.stop();
  await redis?.stop();
});

const masterOfLine = (queueId: string): Promise<RedisNode> => redis.masterOf(lineKey(fleet.namespace, queueId));
const sessionKey = (id: string): string => endedSessions({ redis: redis.masters[0]!.client, namespace: fleet.namespace }).key(id);

/** When commerce will have told Redis that a session has ended. */
const unannounced = async (sessionId: string): Promise<unknown> => {
  const sessions = fleet.stores.databases.commerce('sessions').where({ id: idToBytes(sessionId) });
  return (await sessions.first<{ unannounced: unknown }>('unannounced')).unannounced;
};

/** A member signs in, and the way to ask who it is. */
const signedIn = async () => {
  const [email, password] = [`${newId()}@example.com`, 'correct horse battery'];
  await insisted(() => outcomeOf(fleet.client.answer(signUp, { body: { email, password, name: 'Ada' } })));
  const { body } = await insisted(() => outcomeOf(fleet.client.answer(signIn, { body: { email, password } })));
  const { accessToken } = tokensOf(body!);
  const { sid: sessionId } = JSON.parse(Buffer.from(accessToken.split('.')[1]!, 'base64url').toString()) as { sid: string };
  const me = async () => (await insisted(() => outcomeOf(fleet.client.answer(readMe, { accessToken })))).is;
  return { accessToken, sessionId, me };
};

describe('a cluster of Redis', () => {
  it('sells: lines on every node, seats under locks, limits counted by all gateways, notices, and sessions that end', async () => {
    const sales = await Promise.all(Array.from({ length: 6 }, () => fleet.sale({ seats: 4, price: 1_000, queue: { cap: 2 } })));
    await Promise.all(
      sales.map(async ({ queueId, scheduleId }) => {
        const [buyer] = await fleet.members(1);
        await buyer.isAdmitted(queueId);
        const held = await buyer.holds(scheduleId, ['1', '2']);
        await buyer.charges(2_000);
        expect(await buyer.pays(held.body!.id)).toMatchObject({ is: '201' });
        await eventually(async () => expect((await buyer.status(queueId)).body).toMatchObject({ status: 'COMPLETED' }));
      }),
    );
    const { queueId } = sales[0]!;
    await fleet.asOperator(changeQueue, { params: { queueId }, body: { cap: 7 } });
    await eventually(() => fleet.atEveryGateway(async () => expect(await fleet.queue(queueId)).toMatchObject({ cap: 7, admitted: 0 })));
    const { accessToken, me } = await signedIn();
    expect(await me()).toBe('200');
    expect(await outcomeOf(fleet.client.answer(signOut, { accessToken }))).toMatchObject({ is: '204' });
    await fleet.atEveryGateway(async () => expect(await me()).toBe('401 SESSION_ENDED'));
  });

  it('one of whose nodes lost everything brings no spent token back, keeps those inside inside, and the line in its order', () =>
    survivesLosing(fleet, async (queueId) => void (await (await masterOfLine(queueId)).client.flushall())));

  it('gives coupons out one each and no more than there are, though the node of one loses everything, and ranks what is sold', async () => {
    const [total, asking] = [5, 15];
    const coupons = await Promise.all(Array.from({ length: 6 }, () => fleet.coupon({ total })));
    const members = await fleet.members(asking);
    const told = coupons.map(({ id }) => members.map((member) => member.getsCoupon(id)));
    await Promise.race(told[0]!);
    const counting = await redis.masterOf(couponKeys(fleet.namespace, coupons[0]!.id)[0]);
    await counting.client.flushall();
    for (const [n, { id }] of coupons.entries()) {
      expect(tally(await Promise.all(told[n]!))['409 COUPON_SOLD_OUT']).toBe(asking - total);
      const { issued, holders } = await fleet.stores.issuesOf(id);
      expect([issued, new Set(holders).size]).toEqual([total, total]);
    }

    const body = { name: 'A thing', price: 1_000, stock: 9, onSale: true };
    const { id: productId } = await fleet.asOperator(createProduct, { body, idempotencyKey: newId() });
    const [buyer] = members;
    await buyer.charges(10_000);
    expect(await buyer.orders({ items: [{ productId, quantity: 9 }] })).toMatchObject({ is: '201' });
    const popular = async () => (await fleet.client.call(listPopularProducts)).items;
    await eventually(async () => expect(await popular()).toEqual([expect.objectContaining({ id: productId, sold: 9 })]));
  });

  it('one of whose masters dies keeps the line in its order, and sessions ended that its replica knew nothing of', async () => {
    const member = await signedIn();
    const key = sessionKey(member.sessionId);
    const master = await redis.masterOf(key);
    const loseMaster = async (): Promise<void> => {
      await outcomeOf(fleet.client.answer(signOut, { accessToken: member.accessToken }));
      expect(await member.me()).toBe('401 SESSION_ENDED');
      await eventually(async () => expect(await unannounced(member.sessionId)).toBeNull());
      await master.client.del(key); // as if it had not reached the replica
      expect(await member.me()).toBe('200');
      await master.kill();
      await eventually(async () => expect(await member.me()).toBe('401 SESSION_ENDED'), { withinMs: 60_000 });
    };
    await survivesLosing(fleet, loseMaster, async (queueId) => (await masterOfLine(queueId)) === master);
  });
});
