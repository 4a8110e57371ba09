import { routes, type Owner } from '@onsale/contracts';
import { createCoupon, createProduct } from '@onsale/contracts/commerce';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { badRequests, type Credentials, type GoodRequest } from '../kit/bad-requests.ts';
import { faultOf } from '../kit/fault-of.ts';
import { send } from '../kit/send.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

let fleet: TestFleet;
let credentials: Credentials;
let good: Record<string, GoodRequest>;

beforeAll(async () => {
  fleet = await startTestFleet({ settings: { reservation: { ONSALE_HOLD_SECONDS: '3600' } } }); // nothing may end by itself
  const { queueId, scheduleId, concertId } = await fleet.sale({ seats: 4, price: 1_000, queue: { cap: 10 } });
  const [ada, eve, newcomer] = await fleet.members(3);
  await Promise.all([ada.isAdmitted(queueId), eve.isAdmitted(queueId)]);
  await eve.charges(1_000);
  const [mine, hers] = [await ada.holds(scheduleId, ['1']), await eve.holds(scheduleId, ['2'])];
  const herPayment = await eve.pays(hers.body!.id);
  const refused = await ada.pays(mine.body!.id); // she has no points, and keeps the hold
  expect(refused.code).toBe('INSUFFICIENT_POINTS');
  credentials = {
    accessToken: ada.accessToken,
    operatorToken: await fleet.accessToken({ role: 'operator' }),
    queueToken: ada.token()!,
    foreignQueueToken: eve.token()!,
    expired: await fleet.accessToken({ lifeSeconds: -60 }),
    forged: await fleet.forgedAccessToken(),
  };
  const mineOrHers = { params: { id: mine.body!.id }, foreign: { id: hers.body!.id } };
  const inQueue = { params: { queueId } };
  const product = await fleet.asOperator(createProduct, { body: { name: 'A lamp', price: 1_000, stock: 5 } });
  const ofProduct = { params: { id: product.id } };
  const coupon = {
    name: 'Ten percent',
    discount: { type: 'PERCENT', value: 10, max: 500 },
    total: 5,
    issueFrom: '2026-01-01T00:00:00.000Z',
    issueUntil: '2039-01-01T00:00:00.000Z',
    validUntil: '2039-01-01T00:00:00.000Z',
    active: true,
  } as const;
  const { discount: _fixed, ...couponChange } = coupon;
  const ofCoupon = { params: { id: (await fleet.asOperator(createCoupon, { body: coupon })).id } };
  const lamp = { items: [{ productId: product.id, quantity: 1 }] };
  const [myOrder, herOrder] = [await ada.orders(lamp), await eve.orders(lamp)].map(({ problem }) => problem!['orderId'] as string); // without points
  const ofOrder = { params: { id: myOrder! }, foreign: { id: herOrder! } };
  const queueSettings = {
    cap: 5,
    admitPerSecond: 3,
    capacity: 10,
    windowSeconds: 60,
    abandonAfterSeconds: 60,
    noShowAfterSeconds: 60,
    onExpiry: 'end',
    tokenLifeSeconds: 600,
    maxPollSeconds: 5,
    message: 'hello',
    lanes: [{ name: 'early', weight: 2 }],
    opensAt: '2030-01-01T20:00:00.000Z',
  };
  good = {
    publicKeys: {},
    signUp: { body: { email: 'new@example.com', password: 'a long password', name: 'New' } },
    signIn: { body: { email: 'nobody@example.com', password: 'a long password', transport: 'cookie' } },
    refreshSession: { body: { refreshToken: 'x'.repeat(43) } },
    signOut: {},
    readMe: {},
    listMySessions: { query: { limit: '5' } },
    endMyOtherSessions: {},
    deleteMe: { body: { password: 'a long password', giveUpBalance: true } },
    readMyDeletion: {},
    requestExport: { body: {} },
    readExport: { params: { id: newId() } },
    endMySession: { params: { id: newId() } },
    changePassword: { body: { currentPassword: 'a long password', newPassword: 'another long password' } },
    listQueues: { query: { limit: '5' } },
    readQueue: inQueue,
    readDraw: { ...inQueue, query: { limit: '5' } },
    issueToken: { ...inQueue, body: { lane: 'standard', invitation: 'a-code' }, accessToken: newcomer.accessToken },
    tokenStatus: inQueue,
    streamStatus: inQueue,
    streamStatusBySocket: inQueue,
    heartbeat: { ...inQueue, body: {} },
    leaveQueue: inQueue,
    createQueue: { body: { id: 'another', ...queueSettings } },
    changeQueue: { ...inQueue, body: queueSettings },
    revokePlace: { ...inQueue, body: { number: 1 } },
    completePlace: { ...inQueue, body: { number: 1 } },
    listAllQueues: { query: { limit: '5' } },
    readQueueDetail: inQueue,
    pauseQueue: { ...inQueue, body: { message: 'hello' } },
    resumeQueue: { ...inQueue, body: { message: 'hello' } },
    closeQueue: { ...inQueue, body: { message: 'hello' } },
    endEpoch: { ...inQueue, body: { endsEpoch: 1, message: 'hello' } },
    createInvitations: { ...inQueue, body: { lane: 'vip', count: 1 } },
    listMembers: { query: { limit: '5', email: 'nobody@example.com' } },
    readMember: { params: { id: newId() } },
    changeMember: { params: { id: newId() }, body: { role: 'member', lanes: ['vip'] } },
    listConcerts: { query: { limit: '5' } },
    readConcert: { params: { id: concertId } },
    listDates: { params: { id: concertId } },
    listSchedules: { params: { id: concertId }, query: { date: '2030-01-01' } },
    readSchedule: { params: { id: scheduleId } },
    readSeats: { params: { id: scheduleId } },
    holdSeats: { body: { scheduleId, seatIds: ['3'] } },
    readReservation: mineOrHers,
    releaseHold: mineOrHers,
    listMyReservations: { query: { limit: '5' } },
    createConcert: { body: { title: 'T', venue: 'V', description: 'D' } },
    createSchedule: {
      params: { id: concertId },
      body: {
        startsAt: '2030-01-01T20:00:00.000Z',
        durationMinutes: 90,
        salesOpenAt: '2026-01-01T00:00:00.000Z',
        queueId,
        sections: [{ name: 'A', rows: 1, seatsPerRow: 1, price: 1 }],
      },
    },
    listProducts: { query: { limit: '5', search: 'lamp', sort: 'name' } },
    listPopularProducts: {},
    readPopularRanking: {},
    rebuildPopularRanking: {},
    readProduct: ofProduct,
    createProduct: { body: { name: 'N', price: 1, stock: 1, perMemberLimit: 1, queueId, onSale: false } },
    changeProduct: { ...ofProduct, body: { name: 'N', price: 1, onSale: true, perMemberLimit: 1, queueId } },
    restockProduct: { ...ofProduct, body: { quantity: 1 } },
    listAllProducts: { query: { limit: '5' } },
    readProductDetail: ofProduct,
    listCoupons: { query: { limit: '5' } },
    readCoupon: ofCoupon,
    issueCoupon: { ...ofCoupon, body: {} },
    listMyCoupons: { query: { limit: '5' } },
    createCoupon: { body: coupon },
    changeCoupon: { ...ofCoupon, body: couponChange },
    listAllCoupons: { query: { limit: '5' } },
    readCouponDetail: ofCoupon,
    placeOrder: { body: { ...lamp, memberCouponId: newId() } },
    readOrder: ofOrder,
    listMyOrders: { query: { limit: '5' } },
    cancelOrder: { ...ofOrder, body: {} },
    listOrders: { query: { limit: '5', memberId: ada.id } },
    readOrderOfMember: { params: ofOrder.params },
    listCommerceSagas: { query: { limit: '5', status: 'RUNNING', flag: 'NEEDS_OPERATOR' } },
    readCommerceSaga: { params: ofOrder.params },
    retryCommerceSaga: { params: ofOrder.params, body: {} },
    compensateCommerceSaga: { params: ofOrder.params, body: { reason: 'it does not get on' } },
    readWallet: {},
    listWalletEntries: { query: { limit: '5' } },
    chargeWallet: { body: { amount: 1_000 } },
    pay: { body: { reservationId: mine.body!.id } },
    readPayment: { params: { id: refused.problem!['paymentId'] as string }, foreign: { id: herPayment.body!.id } },
    listMyPayments: { query: { limit: '5' } },
    listPaymentSagas: { query: { limit: '5', status: 'RUNNING', flag: 'NEEDS_OPERATOR' } },
    readPaymentSaga: { params: { id: herPayment.body!.id } },
    retryPaymentSaga: { params: { id: herPayment.body!.id }, body: {} },
    readQueueAudit: { query: { limit: '5', subject: queueId } },
    readReservationAudit: { query: { limit: '5', subject: concertId } },
    readPaymentAudit: { query: { limit: '5', subject: queueId } },
    readCommerceAudit: { query: { limit: '5', subject: queueId } },
    compensatePaymentSaga: { params: { id: herPayment.body!.id }, body: { reason: 'it does not get on' } },
  };
});
afterAll(() => fleet?.stop());

const publicRoutes = Object.entries(routes).filter(([, route]) => route.auth !== 'gateway');

/** How many requests a service has answered with 413, by its own metrics. */
const tooLargeAt = async (owner: Owner): Promise<number> => {
  const pages = await Promise.all(fleet.opsUrlsOf(owner).map(async (url) => (await fetch(`${url}/metrics`)).text()));
  const counts = pages.join('\n').matchAll(/^onsale_http_request_seconds_count\{.*status="413".*\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
};

describe('bad input', () => {
  it.each(publicRoutes)('at %s: each is a problem with its code, and changes nothing', async (name, route) => {
    const example = good[name];
    if (example === undefined) throw new Error(`${name} has no good request to make wrong: add one`);
    const before = await eventually(() => fleet.digest({ settled: true }));
    const wrong: unknown[] = [];

    for (const request of badRequests(fleet.gatewayUrl, route, example, credentials)) {
      const answer = await send(request);
      const fault = faultOf(request, answer);
      if (fault !== undefined) wrong.push({ what: request.what, expected: request.expected, fault, text: answer.text.slice(0, 300) });
    }

    expect(wrong).toEqual([]);
    expect(await eventually(() => fleet.digest({ settled: true }))).toEqual(before);
  });

  it('reaches the owner when only the owner can see that a body is too large', async () => {
    const unannounced = publicRoutes.flatMap(([name, route]) =>
      badRequests(fleet.gatewayUrl, route, good[name]!, credentials)
        .filter(({ what }) => what === 'a huge body, its length not announced')
        .map((request) => ({ request, owner: route.owner })),
    );
    expect(unannounced).toHaveLength(publicRoutes.filter(([, route]) => route.body !== undefined).length);
    for (const { request, owner } of unannounced) {
      const before = await tooLargeAt(owner);
      await send(request);
      await eventually(async () => expect([request.url, await tooLargeAt(owner)]).toEqual([request.url, before + 1]));
    }
  });

  it('would be seen in the digest, were it only a number in line that no table knows of', async () => {
    const { queueId } = await fleet.sale({ seats: 1, queue: { cap: 0, abandonAfterSeconds: 3600 } });
    const [first, waiter] = await fleet.members(2);
    await first.takesNumber(queueId); // the line's life begins with it, and its table tells so
    const before = await eventually(() => fleet.digest({ settled: true }));
    expect((await waiter.takesNumber(queueId)).body?.status).toBe('WAITING');
    const after = await eventually(() => fleet.digest({ settled: true }));
    const changed = Object.keys({ ...before, ...after }).filter((name) => before[name] !== after[name]);
    expect(changed).toContainEqual(expect.stringMatching(/^redis .*waiting:standard$/));
    expect(changed.filter((name) => !name.startsWith('redis '))).toEqual([]);
  });

  it('has no good request for a route that is not there', () => {
    expect(Object.keys(good).filter((name) => !(name in routes))).toEqual([]);
  });
});
