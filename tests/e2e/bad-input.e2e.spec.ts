import { routes } from '@onsale/contracts';
import { eventually } from '@onsale/shared/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { badRequests, type Credentials, type GoodRequest } from '../kit/bad-requests.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

let fleet: TestFleet;
let credentials: Credentials;
let good: Record<string, GoodRequest>;

beforeAll(async () => {
  fleet = await startTestFleet();
  const { queueId, scheduleId, concertId } = await fleet.sale({ seats: 4, price: 1_000, queue: { cap: 10 } });
  const [ada, eve] = fleet.members(2);
  await Promise.all([ada.isAdmitted(queueId), eve.isAdmitted(queueId)]);
  await eve.charges(1_000);
  const [mine, hers] = [await ada.holds(scheduleId, ['1']), await eve.holds(scheduleId, ['2'])];
  const herPayment = await eve.pays(hers.body!.id);
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
  good = {
    publicKeys: {},
    signUp: { body: { email: 'new@example.com', password: 'a long password', name: 'New' } },
    signIn: { body: { email: 'nobody@example.com', password: 'a long password' } },
    refreshSession: { body: { refreshToken: 'x'.repeat(43) } },
    signOut: {},
    readMe: {},
    listQueues: { query: { limit: '5' } },
    readQueue: inQueue,
    issueToken: { ...inQueue, body: {} },
    tokenStatus: inQueue,
    heartbeat: { ...inQueue, body: {} },
    leaveQueue: inQueue,
    createQueue: {
      body: {
        id: 'another',
        cap: 5,
        admitPerSecond: 3,
        capacity: 10,
        windowSeconds: 60,
        abandonAfterSeconds: 60,
        onExpiry: 'end',
        tokenLifeSeconds: 600,
        maxPollSeconds: 5,
        message: 'hello',
      },
    },
    changeQueue: { ...inQueue, body: { cap: 5, onExpiry: 'end', message: 'hello' } },
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
    readWallet: {},
    listWalletEntries: { query: { limit: '5' } },
    chargeWallet: { body: { amount: 1_000 } },
    pay: { body: { reservationId: mine.body!.id } },
    readPayment: { params: { id: herPayment.body!.id }, foreign: { id: herPayment.body!.id } },
    listMyPayments: { query: { limit: '5' } },
  };
}, 120_000);
afterAll(() => fleet?.stop());

const publicRoutes = Object.entries(routes).filter(([, route]) => route.auth !== 'gateway');

const answerOf = async ({
  url,
  method,
  headers,
  body,
}: {
  url: string;
  method: string;
  headers: Readonly<Record<string, string>>;
  body?: string;
}) => {
  const answer = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }), signal: AbortSignal.timeout(20_000) });
  const text = await answer.text();
  return { status: answer.status, type: answer.headers.get('content-type') ?? '', text, challenge: answer.headers.get('www-authenticate') };
};

describe('bad input', () => {
  it.each(publicRoutes)('at %s: each is a problem with its code, and changes nothing', async (name, route) => {
    const example = good[name];
    if (example === undefined) throw new Error(`${name} has no good request to make wrong: add one`);
    const before = await eventually(() => fleet.digest({ settled: true }));
    const wrong: unknown[] = [];

    for (const request of badRequests(fleet.gatewayUrl, route, example, credentials)) {
      const { status, type, text, challenge } = await answerOf(request);
      const problem = type.startsWith('application/problem+json') ? (JSON.parse(text) as { code?: string; instance?: string }) : {};
      const is = `${status} ${problem.code ?? ''}`;
      const fine =
        request.expected.includes(is) &&
        (status !== 401 || challenge !== null) &&
        (status === 431 || problem.instance?.startsWith('urn:uuid:') === true);
      if (!fine) wrong.push({ what: request.what, expected: request.expected, is, text: text.slice(0, 300) });
    }

    expect(wrong).toEqual([]);
    expect(await eventually(() => fleet.digest({ settled: true }))).toEqual(before);
  });

  it('has no good request for a route that is not there', () => {
    expect(Object.keys(good).filter((name) => !(name in routes))).toEqual([]);
  });
});
