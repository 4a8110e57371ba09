import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@onsale/shared/testing';
import { as, startFleet, type Fleet, type SignedIn } from '../testing/index.ts';
import { json, type Seen } from '../testing/stand-in.ts';

const NUMBERS = '/api/v1/queues/main/tokens';
const TOKEN = { token: 'v1.k.t', queueId: 'main', number: 7, lane: 'standard', status: 'WAITING', position: 7, state: 'OPEN' };
const LOCATION = '/api/v1/queues/main/tokens/current';
const FULL = { code: 'QUEUE_FULL', detail: 'The waiting room is full.', retryAfterSeconds: 30 };

interface Asked {
  readonly queueId: string;
  readonly memberId: string;
}

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet();
});
afterAll(() => fleet.stop());

const queue = { gives: (_asked: Asked): object => ({ created: true, token: TOKEN }), away: false };
beforeEach(() => {
  queue.gives = () => ({ created: true, token: TOKEN });
  queue.away = false;
  fleet.queue.answers((seen, res) => {
    if (seen.url === '/internal/tokens')
      return queue.away
        ? json(res, 500, {})
        : json(res, 200, { given: (JSON.parse(seen.body) as { asked: Asked[] }).asked.map(queue.gives) });
    res.setHeader('location', LOCATION);
    return json(res, 201, TOKEN);
  });
});

const gathered = (): Seen[] => fleet.queue.seen.filter(({ url }) => url === '/internal/tokens');
const asked = (): Asked[] => gathered().flatMap(({ body }) => (JSON.parse(body) as { asked: Asked[] }).asked);

describe('members who ask for a number', () => {
  it('are asked for in fewer calls than they are, and each gets its own', async () => {
    const before = { calls: gathered().length, asked: asked().length };
    queue.gives = ({ memberId }) => ({ created: true, token: { ...TOKEN, token: `v1.k.${memberId}` } });
    const members = await Promise.all(Array.from({ length: 60 }, () => fleet.signIn()));
    const answers = await Promise.all(members.map((member) => fleet.call('POST', NUMBERS, { headers: as(member) })));
    expect(answers.map(({ status, json }) => [status, json?.['token']])).toEqual(members.map(({ id }) => [201, `v1.k.${id}`]));
    expect(asked().length - before.asked).toBe(60);
    expect(gathered().length - before.calls).toBeLessThan(60);
    expect(await fleet.principalOf(gathered().at(-1)!)).toEqual({ kind: 'gateway' });
  });

  it('are answered as the queue answers whoever asks it alone', async () => {
    const headers = as(await fleet.signIn());
    const one = await fleet.call('POST', NUMBERS, { headers });
    const own = await fleet.call('POST', NUMBERS, { headers: { ...headers, 'content-type': 'application/json' }, body: '{}' });
    expect(fleet.queue.seen.at(-1)).toMatchObject({ url: NUMBERS, body: '{}' });
    const of = ({ status, headers: { location, 'cache-control': cache, 'content-type': type }, json: body }: typeof one) => ({
      status,
      location,
      cache,
      type: String(type).split(';')[0],
      body,
    });
    expect(of(one)).toEqual(of(own));
    expect(of(one)).toMatchObject({ status: 201, location: LOCATION, cache: 'no-store', body: TOKEN });

    queue.gives = () => ({ created: false, token: TOKEN });
    const again = await fleet.call('POST', NUMBERS, { headers });
    expect(of(again)).toMatchObject({ status: 200, location: undefined, body: TOKEN });
  });

  it('are refused one by one', async () => {
    const members = await Promise.all(Array.from({ length: 4 }, () => fleet.signIn()));
    const refused = new Set([members[1]!.id, members[2]!.id]);
    queue.gives = ({ memberId }) => (refused.has(memberId) ? FULL : { created: true, token: TOKEN });
    const answers = await Promise.all(members.map((member) => fleet.call('POST', NUMBERS, { headers: as(member) })));
    expect(answers.map(({ status }) => status)).toEqual([201, 503, 503, 201]);
    expect(answers[1]).toMatchObject({ headers: { 'retry-after': '30' }, json: { code: 'QUEUE_FULL', detail: FULL.detail } });
  });

  it('are not kept waiting by those of another queue', async () => {
    const held = Promise.withResolvers<void>();
    const before = fleet.queue.answering();
    fleet.queue.answers((seen, res, req) => {
      if (seen.url === '/internal/tokens' && seen.body.includes('"slow"')) return void held.promise.then(() => before(seen, res, req));
      return before(seen, res, req);
    });
    const members = await Promise.all(Array.from({ length: 21 }, () => fleet.signIn()));
    const asks = (one: SignedIn, path = NUMBERS) => fleet.call('POST', path, { headers: as(one) });
    const slow = members.slice(1).map((one) => asks(one, NUMBERS.replace('main', 'slow')));
    await eventually(() => expect(gathered().some(({ body }) => body.includes('"slow"'))).toBe(true));
    expect((await asks(members[0]!)).status).toBe(201);
    held.resolve();
    expect((await Promise.all(slow)).map(({ status }) => status)).toEqual(slow.map(() => 201));
  });

  it('with a query that the route does not have are refused before anybody is asked', async () => {
    const before = gathered().length;
    const { status, json: problem } = await fleet.call('POST', `${NUMBERS}?lane=vip`, { headers: as(await fleet.signIn()) });
    expect({ status, code: problem?.['code'] }).toEqual({ status: 400, code: 'VALIDATION_FAILED' });
    expect(gathered()).toHaveLength(before);
  });

  it('are told that the waiting room is away, and are served again when it is back', async () => {
    queue.away = true;
    const headers = as(await fleet.signIn());
    const { status, json: problem } = await fleet.call('POST', NUMBERS, { headers });
    expect({ status, code: problem?.['code'] }).toEqual({ status: 503, code: 'UPSTREAM_UNAVAILABLE' });
    queue.away = false;
    await eventually(async () => expect((await fleet.call('POST', NUMBERS, { headers })).status).toBe(201));
  });
});
