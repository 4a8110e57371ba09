import { Problem } from '@onsale/contracts';
import { QueueStatus } from '@onsale/contracts/queue';
import { createQueueTokenCodec, EDGE_TAG, memberHash } from '@onsale/shared/auth';
import { eventually } from '@onsale/shared/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { as, json, startFleet, type Fleet, type SignedIn } from '../testing/index.ts';

let fleet: Fleet;
let member: SignedIn;
beforeAll(async () => {
  fleet = await startFleet({ settings: (as) => ({ ...as, tokenChecks: { ...as.tokenChecks, deadlineMs: 30_000 } }) }); // no busy machine has it ask twice
});
beforeEach(async () => {
  member = await fleet.signIn();
  fleet.queueSays(() => ({ status: 'ADMITTED', remainingMs: 60_000 }));
});
afterAll(() => fleet.stop());

const SEATS = '/api/v1/schedules/01890a5d-ac96-774b-bcce-b302099a8057/seats';
const STATUS = '/api/v1/queues/main/tokens/current';
const seats = (queueToken?: string) => fleet.call('GET', SEATS, { headers: as(member, queueToken) });

describe('a route for the admitted', () => {
  it('lets an admitted member through', async () => {
    expect(await seats(fleet.tokenFor(member))).toMatchObject({ status: 200, json: { by: 'reservation' } });
  });

  it.each(['WAITING', 'PREQUEUE', 'EXPIRED', 'COMPLETED', 'LEFT', 'REVOKED'] as const)('tells a %s member so', async (status) => {
    fleet.queueSays(() => ({ status, position: 42, etaSeconds: 9, pollAfterMs: 2500 }));
    const before = fleet.reservation.seen.length;
    const answer = await seats(fleet.tokenFor(member));
    expect([answer.status, answer.headers['content-type']]).toEqual([403, 'application/problem+json; charset=utf-8']);
    expect(Problem.parse(answer.json)).toMatchObject({ status: 403, code: 'QUEUE_NOT_ADMITTED' });
    expect(QueueStatus.parse(answer.json?.['queue'])).toMatchObject({
      queueId: 'main',
      status,
      position: 42,
      etaSeconds: 9,
      pollAfterMs: 2500,
    });
    expect(answer.headers['retry-after']).toBe('3');
    expect(fleet.reservation.seen).toHaveLength(before);
  });

  it('tells nobody that it is not their turn when the queue could not ask whether it is', async () => {
    fleet.queueSays(() => ({ status: 'WAITING', pollAfterMs: 2500, unsure: true }));
    const answer = await seats(fleet.tokenFor(member));
    expect([answer.status, answer.json?.['code'], answer.headers['retry-after']]).toEqual([503, 'UPSTREAM_UNAVAILABLE', '2']);
    const { status, json: told } = await fleet.call('GET', STATUS, { headers: as(member, fleet.tokenFor(member)) });
    expect([status, told]).toEqual([200, expect.objectContaining({ status: 'WAITING', pollAfterMs: 2500 })]);
    expect(told).not.toHaveProperty('unsure');
  });

  it.each([
    ['no token', () => undefined, 401, 'QUEUE_TOKEN_REQUIRED'],
    ['nonsense', () => 'nonsense', 401, 'QUEUE_TOKEN_INVALID'],
    ['a token twice', () => `${fleet.tokenFor(member)}, ${fleet.tokenFor(member)}`, 401, 'QUEUE_TOKEN_INVALID'],
    ['a token that others signed', () => forgedFor(member), 401, 'QUEUE_TOKEN_INVALID'],
    ['somebody else’s token', () => fleet.tokenFor({ id: 'somebody' }), 403, 'QUEUE_TOKEN_FOREIGN'],
  ])('refuses %s without asking the queue', async (_what, token, status, code) => {
    const before = fleet.checks().length;
    const answer = await seats(token());
    expect([answer.status, answer.json?.['code']]).toEqual([status, code]);
    expect(answer.headers['www-authenticate']).toBe(status === 401 ? 'Queue-Token' : undefined);
    expect(fleet.checks()).toHaveLength(before);
  });

  it('refuses a token whose life is over', async () => {
    fleet.queueSays(() => ({ status: 'INVALID' }));
    const answer = await seats(fleet.tokenFor(member));
    expect([answer.json?.['code'], answer.headers['www-authenticate']]).toEqual(['QUEUE_TOKEN_INVALID', 'Queue-Token']);
  });

  it('asks in few calls for many, two at a time, as the gateway itself', async () => {
    const members = await Promise.all(Array.from({ length: 100 }, () => fleet.signIn()));
    const before = fleet.checks().length;
    const release = holdChecks(fleet);
    const answers = Promise.all(members.map((one) => fleet.call('GET', SEATS, { headers: as(one, fleet.tokenFor(one)) })));
    const counted = members.map(({ id }) => `${fleet.settings.namespace}:${EDGE_TAG}:limit:member:${id}`);
    await eventually(async () => expect(await fleet.redis.exists(...counted)).toBe(100));
    expect(fleet.checks().length - before).toBeLessThanOrEqual(2);
    release();
    expect((await answers).map(({ status }) => status)).toEqual(members.map(() => 200));
    const calls = fleet.checks().slice(before);
    const asked = calls.flatMap(({ body }) => (JSON.parse(body) as { tokens: { member: string }[] }).tokens.map((token) => token.member));
    expect(asked.toSorted()).toEqual(members.map(({ id }) => memberHash(id)).toSorted());
    expect(calls.length).toBeLessThan(20);
    expect(await fleet.principalOf(calls[0]!)).toEqual({ kind: 'gateway' });
  });

  it('gives everybody the answer to their own token', async () => {
    const members = await Promise.all(Array.from({ length: 40 }, () => fleet.signIn()));
    const admitted = new Set(members.filter((_one, index) => index % 2 === 0).map(({ id }) => memberHash(id)));
    fleet.queueSays((token) => (admitted.has(token.member) ? { status: 'ADMITTED', remainingMs: 1000 } : { status: 'WAITING' }));
    const answers = await Promise.all(members.map((one) => fleet.call('GET', SEATS, { headers: as(one, fleet.tokenFor(one)) })));
    expect(answers.map(({ status }) => status)).toEqual(members.map((_one, index) => (index % 2 === 0 ? 200 : 403)));
  });

  it('remembers an admission for a moment, and nothing else', async () => {
    const asksOf = async (token: string): Promise<number> => {
      const before = fleet.checks().length;
      await seats(token);
      await seats(token);
      return fleet.checks().length - before;
    };
    await eventually(async () => expect(await asksOf(fleet.tokenFor(member))).toBe(1)); // the moment may be over before the second asks
    fleet.queueSays(() => ({ status: 'WAITING' }));
    expect(await asksOf(fleet.tokenFor(member))).toBe(2);
  });

  it('is shut while the queue is away, and open to nobody', async () => {
    const other = await startFleet();
    try {
      const one = await other.signIn();
      await other.queue.stop();
      const answer = await other.call('GET', SEATS, { headers: as(one, other.tokenFor(one)) });
      expect([answer.status, answer.json?.['code'], answer.headers['retry-after']]).toEqual([503, 'UPSTREAM_UNAVAILABLE', '2']);
      expect(answer.text).not.toContain('127.0.0.1');
      expect(other.reservation.seen).toEqual([]);
    } finally {
      await other.stop();
    }
  });

  it.each([
    ['fails', (res: Parameters<typeof json>[0]) => json(res, 500, { code: 'INTERNAL' })],
    ['answers less than it was asked', (res: Parameters<typeof json>[0]) => json(res, 200, { results: [] })],
    ['answers nonsense', (res: Parameters<typeof json>[0]) => json(res, 200, { results: [{ status: 'FINE' }] })],
    ['does not answer', () => undefined],
  ])('is shut while the queue %s', async (_how, answers) => {
    const other = await startFleet({ settings: (settings) => ({ ...settings, tokenChecks: { deadlineMs: 100, waiting: 10 } }) });
    try {
      const one = await other.signIn();
      other.queue.answers((_seen, res) => answers(res));
      const answer = await other.call('GET', SEATS, { headers: as(one, other.tokenFor(one)) });
      expect(answer.json).toMatchObject({ status: 503, code: 'UPSTREAM_UNAVAILABLE' });
      expect(other.reservation.seen).toEqual([]);
    } finally {
      await other.stop();
    }
  });
});

describe('a route for anybody with a number', () => {
  it('asks nothing, and passes the place on', async () => {
    const before = fleet.checks().length;
    const answer = await fleet.call('POST', '/api/v1/payments', {
      headers: { ...as(member, fleet.tokenFor(member)), 'idempotency-key': 'k' },
      body: { reservationId: 'x' },
    });
    expect(answer.status).toBe(200);
    expect(fleet.checks()).toHaveLength(before);
    expect(await fleet.principalOf(fleet.payment.seen.at(-1)!)).toMatchObject({ admission: { queueId: 'main', status: 'ISSUED' } });
  });

  it.each([
    ['GET', STATUS],
    ['DELETE', STATUS],
    ['PUT', `${STATUS}/heartbeat`],
  ])('is for the queue in its path alone: %s %s', async (method, path) => {
    const answer = await fleet.call(method, path, { headers: as(member, fleet.tokenFor(member, 'another')) });
    expect([answer.status, answer.json?.['code']]).toEqual([403, 'QUEUE_WRONG']);
  });
});

describe('the status of a token', () => {
  it('is answered from a gathered check, in the contract’s shape', async () => {
    fleet.queueSays(() => ({ status: 'ADMITTED', remainingMs: 5, admittedUntil: '2030-01-01T00:00:00.000Z' }));
    const answer = await fleet.call('GET', STATUS, { headers: as(member, fleet.tokenFor(member)) });
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(answer.json).toEqual({
      queueId: 'main',
      number: expect.any(Number),
      lane: 'standard',
      status: 'ADMITTED',
      admittedUntil: '2030-01-01T00:00:00.000Z',
    });
    expect(QueueStatus.safeParse(answer.json).success).toBe(true);
    expect(fleet.queue.seen.at(-1)!.url).toBe('/internal/tokens/check');
  });

  it('is as it is now, however fresh the last one is', async () => {
    const token = fleet.tokenFor(member);
    const ask = () => fleet.call('GET', STATUS, { headers: as(member, token) });
    expect((await ask()).json).toMatchObject({ status: 'ADMITTED' });
    fleet.queueSays(() => ({ status: 'COMPLETED' }));
    expect((await ask()).json).toMatchObject({ status: 'COMPLETED' });
    expect((await seats(token)).json).toMatchObject({ code: 'QUEUE_NOT_ADMITTED' });
  });

  it('refuses a token whose life is over, and what the contract does not take', async () => {
    fleet.queueSays(() => ({ status: 'INVALID' }));
    const headers = as(member, fleet.tokenFor(member));
    expect((await fleet.call('GET', STATUS, { headers })).json).toMatchObject({ code: 'QUEUE_TOKEN_INVALID' });
    expect((await fleet.call('GET', `${STATUS}?x=1`, { headers })).json).toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ pointer: '/query/x' }],
    });
  });
});

/** The queue answers no check, until it is released; then as before. */
const holdChecks = ({ queue }: Fleet): (() => void) => {
  const held: (() => void)[] = [];
  let holding = true;
  const answer = queue.answering();
  queue.answers((seen, res, req) => {
    if (holding) held.push(() => answer(seen, res, req));
    else answer(seen, res, req);
  });
  return () => {
    holding = false;
    for (const go of held) go();
  };
};

const forgedFor = ({ id }: SignedIn): string =>
  createQueueTokenCodec({ secrets: [{ kid: 'k', secret: 'another secret of thirty-two characters' }] }).sign({
    queueId: 'main',
    epoch: 1,
    number: 1,
    lane: 'standard',
    member: memberHash(id),
    issuedAt: 1,
  });
