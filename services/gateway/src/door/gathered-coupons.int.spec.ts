import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@onsale/shared/ids';
import { eventually } from '@onsale/shared/testing';
import {
  as,
  json,
  startFleet,
  startStandIn,
  type Answering,
  type Fleet,
  type Seen,
  type SignedIn,
  type StandIn,
} from '../testing/index.ts';

const ISSUES = '/internal/coupons/issues';

interface Asked {
  readonly couponId: string;
  readonly memberId: string;
  readonly id: string;
}

const issuedTo = ({ couponId, id }: Asked) => ({
  coupon: {
    id,
    couponId,
    name: 'A tenth off',
    discount: { type: 'PERCENT', value: 10 },
    status: 'ISSUED',
    validUntil: '2039-01-01T00:00:00.000Z',
    issuedAt: '2026-01-01T00:00:00.000Z',
  },
});

const askedIn = ({ body }: Seen): Asked[] => (JSON.parse(body) as { asked: Asked[] }).asked;
const gives =
  (each: (asked: Asked) => object): Answering =>
  (seen, res) => {
    if (seen.url !== ISSUES) return json(res, 200, { by: 'commerce', url: seen.url });
    return json(res, 200, { given: askedIn(seen).map(each) });
  };

let fleet: Fleet;
let second: StandIn;
let jwks: Answering;
beforeAll(async () => {
  second = await startStandIn();
  fleet = await startFleet({
    settings: (s) => ({
      ...s,
      replicas: { ...s.replicas, commerce: [...s.replicas.commerce!, second.url] },
      upstream: { ...s.upstream, headersMs: 30_000 }, // a second try has time, whatever else the machine does
    }),
  });
  jwks = fleet.commerce.answering();
  await says(gives(issuedTo));
});
afterEach(() => says(gives(issuedTo)));
afterAll(async () => {
  await fleet.stop();
  await second.stop();
});

/** What both replicas of commerce answer, but for the keys of access tokens. */
const says = async (how: Answering): Promise<void> => {
  for (const one of [fleet.commerce, second])
    one.answers((seen, res, req) => (seen.url === '/internal/jwks' ? jwks(seen, res, req) : how(seen, res, req)));
};
const seen = (): Seen[] => [...fleet.commerce.seen, ...second.seen];
const gathered = (): Seen[] => seen().filter(({ url }) => url === ISSUES);
const asks = (member: SignedIn, couponId: string, options: { body?: string; search?: string } = {}) =>
  fleet.call('POST', `/api/v1/coupons/${couponId}/issues${options.search ?? ''}`, {
    headers: { ...as(member), ...(options.body !== undefined && { 'content-type': 'application/json' }) },
    ...(options.body !== undefined && { body: options.body }),
  });
const signIns = (count: number) => Promise.all(Array.from({ length: count }, () => fleet.signIn()));

describe('members who ask for a coupon', () => {
  it('are asked for in fewer calls than they are, and each gets its own', async () => {
    const couponId = newId();
    const members = await signIns(60);
    const answers = await Promise.all(members.map((member) => asks(member, couponId.toUpperCase())));
    const calls = gathered().filter(({ body }) => body.includes(couponId));
    const asked = new Map(calls.flatMap(askedIn).map((one) => [one.memberId, one]));
    expect(answers.map(({ status, json: body }) => [status, body?.['id']])).toEqual(members.map(({ id }) => [201, asked.get(id)!.id]));
    expect(answers[0]!.json).toEqual(issuedTo(asked.get(members[0]!.id)!).coupon);
    expect(new Set([...asked.values()].map(({ id }) => id)).size).toBe(60);
    expect(new Set([...asked.values()].map(({ couponId }) => couponId))).toEqual(new Set([couponId]));
    expect(calls.length).toBeLessThan(60);
    expect(await fleet.principalOf(calls[0]!)).toEqual({ kind: 'gateway' });
  });

  it('are refused one by one, and told all that a problem of their own would say', async () => {
    const members = await signIns(3);
    await says(
      gives((asked) =>
        asked.memberId === members[1]!.id
          ? { code: 'COUPON_ALREADY_ISSUED', detail: 'You have this coupon.', extra: { memberCouponId: 'x' } }
          : asked.memberId === members[2]!.id
            ? { code: 'OVERLOADED', detail: 'Others wait.', retryAfterSeconds: 4 }
            : issuedTo(asked),
      ),
    );
    const couponId = newId();
    const [got, had, late] = await Promise.all(members.map((member) => asks(member, couponId)));
    expect(got!.status).toBe(201);
    expect(had).toMatchObject({
      status: 409,
      headers: { 'content-type': 'application/problem+json; charset=utf-8', 'cache-control': 'no-store' },
      json: {
        type: '/docs/errors#COUPON_ALREADY_ISSUED',
        title: 'You have this coupon',
        code: 'COUPON_ALREADY_ISSUED',
        instance: `urn:uuid:${had!.headers['x-request-id'] as string}`,
        memberCouponId: 'x',
      },
    });
    expect(late).toMatchObject({ status: 503, headers: { 'retry-after': '4' }, json: { code: 'OVERLOADED', detail: 'Others wait.' } });
  });

  it.each([
    ['was lost', (res: ServerResponse) => void res.destroy()],
    ['does not come: a replica is frozen', () => undefined],
  ])('are asked for once more, by the same ids, when the first answer %s', async (_how, loses) => {
    const lost: Asked[] = [];
    await says((call, res, req) => {
      if (lost.length > 0) return gives(issuedTo)(call, res, req);
      lost.push(...askedIn(call));
      return loses(res);
    });
    const [member] = await signIns(1);
    const { status, json: body } = await asks(member!, newId());
    expect([status, body?.['id']]).toEqual([201, lost[0]!.id]);
    const ofMember = gathered()
      .flatMap(askedIn)
      .filter(({ memberId }) => memberId === member!.id);
    expect(ofMember).toEqual([lost[0], lost[0]]);
  });

  it('with a body or a query are told by commerce, or refused, as ever', async () => {
    const [member] = await signIns(1);
    const before = gathered().length;
    const couponId = newId();
    expect((await asks(member!, couponId, { body: '{}' })).json).toEqual({ by: 'commerce', url: `/api/v1/coupons/${couponId}/issues` });
    const refused = await asks(member!, couponId, { search: '?two=1' });
    expect([refused.status, refused.json?.['errors']]).toEqual([400, [{ pointer: '/query/two', detail: 'is not known here' }]]);
    expect((await asks(member!, 'none')).status).toBe(400);
    expect(gathered()).toHaveLength(before);
  });

  it('are not kept from other coupons by those who ask for a slow one', async () => {
    const [slow, held] = [newId(), Promise.withResolvers<void>()];
    await says((call, res, req) =>
      call.body.includes(slow) ? void held.promise.then(() => gives(issuedTo)(call, res, req)) : gives(issuedTo)(call, res, req),
    );
    const members = await signIns(21);
    const waiting = members.slice(1).map((member) => asks(member, slow));
    expect((await asks(members[0]!, newId())).status).toBe(201);
    held.resolve();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(waiting.map(() => 201));
  });
});

describe('a replica of commerce that is leaving', () => {
  it('is not asked for coupons any more while another is there', async () => {
    const [leaving, clock] = [await startStandIn(), { ms: 1 }];
    const two = await startFleet({
      settings: (s) => ({ ...s, replicas: { ...s.replicas, commerce: [...s.replicas.commerce!, leaving.url] } }),
      overrides: { monotonic: () => clock.ms }, // it is passed over for two seconds, which do not go by
    });
    try {
      const keys = two.commerce.answering();
      const staying: Answering = (call, res, req) => (call.url === ISSUES ? gives(issuedTo)(call, res, req) : keys(call, res, req));
      two.commerce.answers(staying);
      leaving.answers((call, res, req) => {
        if (call.url === ISSUES) res.setHeader('connection', 'close');
        staying(call, res, req);
      });
      clock.ms += 60_000; // whatever it was asked before it had an answer to give
      const [headers, statuses] = [as(await two.signIn()), [] as number[]];
      for (let n = 0; n < 6; n += 1) statuses.push((await two.call('POST', `/api/v1/coupons/${newId()}/issues`, { headers })).status);
      expect(statuses).toEqual(Array.from({ length: 6 }, () => 201));
      expect([leaving, two.commerce].map((replica) => replica.seen.filter(({ url }) => url === ISSUES).length)).toEqual([1, 5]);
    } finally {
      await two.stop();
      await leaving.stop();
    }
  });
});

describe('more coupons than are asked for at once', () => {
  it('are refused for the moment, which says nothing against commerce', async () => {
    const few = await startFleet({ settings: (s) => ({ ...s, breakerResetMs: 60_000, upstream: { ...s.upstream, concurrency: 2 } }) });
    try {
      const keys = few.commerce.answering();
      const headers = as(await few.signIn());
      const ask = () => few.call('POST', `/api/v1/coupons/${newId()}/issues`, { headers });
      const held = Promise.withResolvers<void>();
      few.commerce.answers((call, res, req) =>
        call.url === ISSUES ? void held.promise.then(() => gives(issuedTo)(call, res, req)) : keys(call, res, req),
      );
      const asked = Array.from({ length: 30 }, ask); // a breaker opens by twenty that failed
      await eventually(() => expect(few.commerce.seen.filter(({ url }) => url === ISSUES)).toHaveLength(2));
      const refused = await ask();
      expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' }, json: { code: 'OVERLOADED' } });
      held.resolve();
      const told = (await Promise.all(asked)).map(({ status, json: body }) => body?.['code'] ?? status);
      expect(new Set(told)).toEqual(new Set([201, 'OVERLOADED']));
      expect((await ask()).status).toBe(201);
    } finally {
      await few.stop();
    }
  });
});

describe('commerce that does not answer', () => {
  it('is said to be away, or too late, as for any of its routes', async () => {
    const short = await startFleet({ settings: (s) => ({ ...s, upstream: { ...s.upstream, headersMs: 50 } }) });
    try {
      const keys = short.commerce.answering();
      const headers = as(await short.signIn());
      const ask = () => short.call('POST', `/api/v1/coupons/${newId()}/issues`, { headers });
      let hangs = false;
      short.commerce.answers((call, res, req) => {
        if (call.url === '/internal/jwks') return keys(call, res, req);
        return hangs ? undefined : json(res, 500, {});
      });
      expect(await ask()).toMatchObject({
        status: 503,
        headers: { 'retry-after': '2' },
        json: { code: 'UPSTREAM_UNAVAILABLE', detail: 'A part of the shop is away. Ask again.' },
      });
      hangs = true;
      expect(await ask()).toMatchObject({ status: 504, headers: { 'retry-after': '1' }, json: { code: 'TIMEOUT' } });
    } finally {
      await short.stop();
    }
  });
});
