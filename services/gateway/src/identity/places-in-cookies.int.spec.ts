import type { OutgoingHttpHeaders } from 'node:http';
import { memberHash } from '@onsale/shared/auth';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { as, cookieBrowser, json, SECURE_NAMES, setCookies } from '../testing/index.ts';

const [, , QUEUE] = SECURE_NAMES;
const { now, start, begin, stop, signedIn, ask } = cookieBrowser();
beforeAll(start);
beforeEach(begin);
afterAll(stop);

describe('a place in line in a cookie', () => {
  const token = (queueId: string) => now.fleet.tokenFor(now.member, queueId);
  const numberOf = async (seen = now.fleet.reservation.seen.at(-1)!) => {
    const principal = await now.fleet.principalOf(seen);
    return principal.kind === 'member' ? principal.admission?.queueId : undefined;
  };
  const seats = (cookies: Record<string, string>, headers: OutgoingHttpHeaders = {}) =>
    ask('GET', '/schedules/01890a5d-ac96-774b-bcce-b302099a8057/seats', { cookie: signedIn(cookies), ...headers });
  const placeOf = (queueId: string) => ({ [`${QUEUE}${queueId}`]: token(queueId) });

  const issue = async (headers: OutgoingHttpHeaders) => {
    const before = now.fleet.queue.answering();
    const given = { token: token('main'), queueId: 'main', number: 7, lane: 'standard', status: 'WAITING', position: 3, message: 'Soon.' };
    now.fleet.queue.answers((seen, res, req) => {
      if (seen.url === '/internal/tokens') return json(res, 200, { given: [{ created: true, token: given }] });
      return seen.url.endsWith('/tokens') ? json(res, 201, given) : before(seen, res, req);
    });
    const answer = await ask('POST', '/queues/main/tokens', headers);
    now.fleet.queue.answers(before);
    return { answer, given };
  };

  it('is left out of the body, and sent back by itself', async () => {
    const { answer, given } = await issue({ cookie: signedIn(), origin: now.own });
    const { token: _token, ...shown } = given;
    expect([answer.status, answer.json]).toEqual([201, shown]);
    expect(setCookies(answer)).toEqual([`${QUEUE}main=${given.token}; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax`]);
    expect((await ask('GET', '/queues/main/tokens/current', { cookie: signedIn({ [`${QUEUE}main`]: given.token }) })).json).toMatchObject({
      status: 'ADMITTED',
    });
  });

  it('is shown before another number is taken, which a line that was lost puts it back by', async () => {
    const before = now.fleet.queue.seen.length;
    expect((await issue({ cookie: signedIn(placeOf('main')), origin: now.own })).answer.status).toBe(201);
    expect(now.fleet.queue.seen.slice(before).map(({ url }) => url)).toEqual(['/internal/tokens/check', '/api/v1/queues/main/tokens']);
  });

  it('refuses no number where it cannot be looked at, and is not shown where it is none of the member’s', async () => {
    const before = now.fleet.queue.answering();
    now.fleet.queue.answers((seen, res, req) => (seen.url === '/internal/tokens/check' ? json(res, 500, {}) : before(seen, res, req)));
    expect((await issue({ cookie: signedIn(placeOf('main')), origin: now.own })).answer.status).toBe(201);
    now.fleet.queue.answers(before);
    const checks = now.fleet.checks().length;
    for (const held of ['not one of ours', now.fleet.tokenFor({ id: 'another' }, 'main'), token('other')])
      expect((await issue({ cookie: signedIn({ [`${QUEUE}main`]: held }), origin: now.own })).answer.status).toBe(201);
    expect(now.fleet.checks()).toHaveLength(checks);
  });

  it('is in the body for whoever signs in by header', async () => {
    const { answer, given } = await issue({ ...as(now.member), cookie: signedIn() });
    expect([answer.json, setCookies(answer)]).toEqual([given, []]);
  });

  it('takes the place of the oldest where a browser has eight', async () => {
    const eight = Object.fromEntries(
      Array.from({ length: 8 }, (_, i) => [`${QUEUE}q${i}`, now.fleet.tokenFor(now.member, `q${i}`, { issuedAt: 100 + i })]),
    );
    eight[`${QUEUE}odd`] = 'not one of ours';
    const { answer } = await issue({ cookie: signedIn(eight), origin: now.own });
    expect(setCookies(answer).map((one) => one.split('; ').slice(0, 2))).toEqual([
      [`${QUEUE}q0=`, 'Max-Age=0'],
      [`${QUEUE}odd=`, 'Max-Age=0'],
      [expect.stringMatching(/^__Host-onsale-queue-main=1\./), 'Max-Age=604800'],
    ]);
  });

  it('goes away with leaving', async () => {
    const undo = now.fleet.queue.answering();
    now.fleet.queue.answers((_seen, res) => res.writeHead(204).end());
    const answer = await ask('DELETE', '/queues/main/tokens/current', { cookie: signedIn(placeOf('main')), origin: now.own });
    now.fleet.queue.answers(undo);
    expect(setCookies(answer)).toEqual([expect.stringMatching(/^__Host-onsale-queue-main=; Max-Age=0/)]);
  });

  it('is the only one, or the one that Queue-Id names, where the path has none', async () => {
    expect((await seats(placeOf('main'))).status).toBe(200);
    expect(await numberOf()).toBe('main');
    const both = { ...placeOf('main'), ...placeOf('other') };
    expect((await seats(both, { 'queue-id': 'other' })).status).toBe(200);
    expect(await numberOf()).toBe('other');
    expect((await seats(both)).json).toMatchObject({
      status: 401,
      code: 'QUEUE_TOKEN_REQUIRED',
      detail: expect.stringMatching(/main, other/),
    });
    expect((await seats(both, { 'queue-id': 'third' })).json).toMatchObject({ code: 'QUEUE_TOKEN_REQUIRED' });
  });

  it('is passed over where none is needed, unless Queue-Id names it: a browser sends it with every order', async () => {
    const order = async (headers: OutgoingHttpHeaders = {}) => {
      const cookie = signedIn({ ...placeOf('main'), ...placeOf('other') });
      const body = { items: [{ productId: '01890a5d-ac96-774b-bcce-b302099a8057', quantity: 1 }] };
      const { status } = await ask('POST', '/orders', { cookie, origin: now.own, 'idempotency-key': 'k', ...headers }, body);
      return [status, await numberOf(now.fleet.commerce.seen.at(-1))];
    };
    const undo = now.fleet.commerce.answering();
    now.fleet.commerce.answers((seen, res, req) => (seen.url === '/internal/jwks' ? undo(seen, res, req) : json(res, 201, {})));
    expect([await order(), await order({ 'queue-id': 'other' }), await order({ 'queue-id': 'third' })]).toEqual([
      [201, undefined],
      [201, 'other'],
      [201, undefined],
    ]);
    now.fleet.commerce.answers(undo);
  });

  it('is nothing beside a Queue-Token header', async () => {
    expect((await seats(placeOf('main'), { 'queue-token': token('other') })).status).toBe(200);
    expect(await numberOf()).toBe('other');
  });

  it('is of its member alone', async () => {
    const foreign = now.fleet.tokenFor({ id: memberHash('somebody else') });
    expect((await seats({ [`${QUEUE}main`]: foreign })).json).toMatchObject({ status: 403, code: 'QUEUE_TOKEN_FOREIGN' });
  });
});
