import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { urlOf } from '@onsale/contracts';
import { changeCoupon, createCoupon, issueCoupon, readCommerceAudit, readCoupon, readCouponDetail } from '@onsale/contracts/commerce';
import { within } from '@onsale/shared/deadline';
import { newId } from '@onsale/shared/ids';
import { eventually, temporaryFolders } from '@onsale/shared/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { broken } from '../../scripts/invariants/report.ts';
import { verifyInvariants } from '../../scripts/invariants/verify-invariants.ts';
import { tally } from '../kit/outcome.ts';
import { send } from '../kit/send.ts';
import { startTestFleet, type TestFleet } from '../kit/test-fleet.ts';

const DEATH_MS = 60_000;

const folders = temporaryFolders();
let fleet: TestFleet;
beforeAll(async () => {
  fleet = await startTestFleet({ replicas: { commerce: 2 }, settings: { commerce: { ONSALE_COUPON_PENDING_MS: '2000' } } });
});
afterAll(async () => {
  await fleet?.stop();
  folders.remove();
});
afterEach(async () => expect(broken(await verifyInvariants(fleet))).toEqual([]));

describe('a coupon', () => {
  it('goes to a hundred of a thousand members who ask at once, one each, though Redis is emptied in the midst of it', async () => {
    const { id } = await fleet.coupon({ total: 100 });
    const members = await fleet.members(1000);
    const early = members.slice(0, 50).map((member) => member.getsCoupon(id));
    await Promise.race(early);
    await fleet.emptyRedis();
    const told = await Promise.all([...early, ...members.slice(50).map((member) => member.getsCoupon(id))]);

    const got = members.filter((_, n) => ['201', '409 COUPON_ALREADY_ISSUED'].includes(told[n]!.is)).map((member) => member.id);
    const { issued, holders } = await fleet.stores.issuesOf(id);
    expect(issued).toBe(100);
    expect(holders.toSorted()).toEqual(got.toSorted());
    expect(tally(told)['409 COUPON_SOLD_OUT']).toBe(900);
    expect(await members[0].asks(readCoupon, { params: { id } })).toMatchObject({ body: { total: 100, remaining: 0 } });
  });

  it('is listed with what it takes off, and asked for again tells which one the member has', async () => {
    const coupon = await fleet.coupon({ total: 1 });
    const [ada, eve] = await fleet.members(2);
    const mine = await ada.getsCoupon(coupon.id);
    expect(mine).toMatchObject({ is: '201', body: { couponId: coupon.id, status: 'ISSUED', discount: coupon.discount } });
    expect(await ada.getsCoupon(coupon.id)).toMatchObject({
      is: '409 COUPON_ALREADY_ISSUED',
      problem: { memberCouponId: mine.body!.id },
    });
    expect((await eve.getsCoupon(coupon.id)).is).toBe('409 COUPON_SOLD_OUT');
    expect((await eve.getsCoupon(newId())).is).toBe('404 NOT_FOUND');
    expect((await ada.coupons()).body).toEqual({ items: [mine.body] });
    expect((await eve.coupons()).body).toEqual({ items: [] });
  });

  it('is answered alike, whether commerce was asked for many or for one', async () => {
    const [open, closed] = [(await fleet.coupon({ total: 2 })).id, (await fleet.coupon({ total: 1 })).id];
    await fleet.asOperator(changeCoupon, { params: { id: closed }, body: { active: false } });
    const [ada, eve, ivy] = await fleet.members(3);
    // a request with a body is passed on by itself
    const answerTo = async ({ accessToken }: { accessToken: string }, id: string, body?: string) => {
      const headers = { authorization: `Bearer ${accessToken}`, ...(body !== undefined && { 'content-type': 'application/json' }) };
      const url = urlOf(fleet.urlsOf('gateway')[0]!, issueCoupon, { id });
      const { status, headers: answered, text } = await send({ url, method: 'POST', headers, ...(body !== undefined && { body }) });
      const { date: _date, 'x-request-id': requestId, ratelimit: _limit, 'content-length': length, ...told } = answered;
      expect(length).toBe(String(Buffer.byteLength(text)));
      return { status, told, text: text.replace(String(requestId), 'this request') };
    };
    const shown = ({ text, ...rest }: Awaited<ReturnType<typeof answerTo>>) => ({
      ...rest,
      text: text.replace(/"id":"[^"]+"/, '').replace(/"issuedAt":"[^"]+"/, ''),
    });
    const got = await answerTo(ada, open);
    expect(got.status).toBe(201);
    expect(shown(got)).toEqual(shown(await answerTo(eve, open, '{}')));
    for (const [who, id, code] of [
      [ada, open, 'COUPON_ALREADY_ISSUED'],
      [ivy, open, 'COUPON_SOLD_OUT'],
      [ivy, closed, 'COUPON_NOT_ACTIVE'],
      [ivy, newId(), 'NOT_FOUND'],
    ] as const) {
      const alone = await answerTo(who, id, '{}');
      expect(alone.text).toContain(`"code":"${code}"`);
      await eventually(async () => expect(await answerTo(who, id)).toEqual(alone));
    }
  });

  it('is switched off and on by an operator, who is in the audit', async () => {
    const { id } = await fleet.coupon({ total: 10 });
    const params = { id };
    const [ada, eve] = await fleet.members(2);
    await fleet.asOperator(changeCoupon, { params, body: { active: false } });
    await eventually(async () => expect((await ada.getsCoupon(id)).is).toBe('409 COUPON_NOT_ACTIVE'));
    expect((await fleet.stores.issuesOf(id)).holders).toEqual([]);
    await fleet.asOperator(changeCoupon, { params, body: { active: true } });
    await eventually(async () => expect((await eve.getsCoupon(id)).is).toBe('201'));
    expect(await fleet.asOperator(readCouponDetail, { params })).toMatchObject({ total: 10, remaining: 9, active: true });
    const { items } = await fleet.asOperator(readCommerceAudit, { query: { subject: id } });
    expect(items.map(({ action, after }) => [action, after['active']])).toEqual([
      ['coupon.change', true],
      ['coupon.change', false],
      ['coupon.create', true],
    ]);
    expect(await ada.asks(createCoupon)).toMatchObject({ is: '403 FORBIDDEN' });
  });
});

const POINTS = [
  'coupon-issue/before-commit', // decided in Redis, not in the database
  'coupon-issue/after-commit', // in the database, neither Redis nor the member was told
  'POST /internal/coupons/issues/before-answer',
];
/** A run of everything plays one of them, another with another seed (which may be negative). */
const played = process.env.ONSALE_TEST_CRASHES === 'share' ? [POINTS.at(jest.getSeed() % POINTS.length)!] : POINTS;

describe('a replica that dies in the midst of giving out coupons', () => {
  it.each(played)('at %s: there are as many as before, one each', async (point) => {
    const victim = fleet.processesOf('commerce')[0]!;
    const log = join(folders.make(), 'deaths');
    await victim.stop();
    await victim.start({ ONSALE_CRASH_AT: `${point}#2`, ONSALE_CRASH_LOG: log });
    const { id } = await fleet.coupon({ total: 60 });
    const told: { readonly is: string }[] = [];
    while (!existsSync(log) && told.length < 50) {
      const [member] = await fleet.members(1);
      told.push(await member.getsCoupon(id));
    }
    expect(await within(DEATH_MS, victim.exited(), `the death at ${point}`)).toEqual({ code: null, signal: 'SIGKILL' });
    expect(readFileSync(log, 'utf8')).toContain(point);
    expect(tally(told)).toEqual({ 201: told.length }); // the other replica was asked, and knows which one the first had given
    await victim.start();

    const rest = await fleet.members(60);
    told.push(...(await Promise.all(rest.map((member) => member.getsCoupon(id)))));
    expect(Object.keys(tally(told)).filter((is) => !['201', '409 COUPON_ALREADY_ISSUED', '409 COUPON_SOLD_OUT'].includes(is))).toEqual([]);
    await eventually(async () => {
      const [late] = await fleet.members(1); // what the dead had promised and nobody wrote is given back
      await late.getsCoupon(id);
      expect((await fleet.stores.issuesOf(id)).issued).toBe(60);
    });
    const { holders } = await fleet.stores.issuesOf(id);
    expect(new Set(holders).size).toBe(60);
  });
});
