import { eventually } from '@onsale/shared/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { as, metric, openSocket, PATH, pushStreams, UPGRADE } from '../testing/index.ts';

const { start, begin, closeStreams, stop, now, fleetOf, closes, open, opens } = pushStreams();
beforeAll(start);
beforeEach(begin);
afterEach(closeStreams);
afterAll(stop);

describe('a wish to upgrade', () => {
  it('is answered like a request: 404 where nothing is', async () => {
    expect((await open('websocket', as(now.member), now.fleet, '/api/v1/nothing/ws')).refused).toMatchObject({
      status: 404,
      json: { code: 'NOT_FOUND' },
    });
  });

  it('is ignored by a route that speaks plain HTTP', async () => {
    const answer = await now.fleet.call('GET', '/api/v1/concerts', { headers: UPGRADE });
    expect([answer.status, answer.json]).toEqual([200, { by: 'reservation' }]);
  });

  it('is needed for a WebSocket', async () => {
    const answer = await now.fleet.call('GET', PATH.websocket, { headers: as(now.member, now.fleet.tokenFor(now.member)) });
    expect([answer.status, answer.headers['upgrade'], answer.json?.['code']]).toEqual([426, 'websocket', 'UPGRADE_REQUIRED']);
  });

  it('has to be the opening of a WebSocket', async () => {
    const { 'sec-websocket-key': _key, ...without } = UPGRADE;
    const answer = await now.fleet.call('GET', PATH.websocket, {
      headers: { ...as(now.member, now.fleet.tokenFor(now.member)), ...without },
    });
    expect(answer.json).toMatchObject({ status: 400, code: 'VALIDATION_FAILED', errors: [{ pointer: '/headers' }] });
    // those of the tests before may still be closing
    await eventually(async () => expect(await metric(now.fleet, 'onsale_gateway_streams', 'kind="websocket"')).toBe(0));
  });
});

describe('a WebSocket', () => {
  it('opens by a browser’s cookies for pages of the shop alone', async () => {
    const cookie = `__Host-onsale-access=${now.member.accessToken}; __Host-onsale-queue-main=${now.fleet.tokenFor(now.member)}`;
    const shop = `https://${new URL(now.fleet.url).host}`;
    expect((await open('websocket', { cookie, origin: shop })).refused).toBeUndefined();
    for (const origin of [undefined, 'https://elsewhere.example']) {
      const { refused } = await open('websocket', { cookie, ...(origin !== undefined && { origin }) });
      expect(refused?.json).toMatchObject({ status: 403, code: 'ORIGIN_NOT_ALLOWED' });
    }
  });

  it('is cut when the other end no longer answers', async () => {
    const quiet = await fleetOf({ heartbeatMs: 100 });
    const one = await quiet.signIn();
    const dead = closes(await openSocket(`${quiet.url}${PATH.websocket}`, as(one, quiet.tokenFor(one)), { autoPong: false }));
    await eventually(() => expect(dead.heard.closed).toBeDefined());
    await eventually(async () => expect(await metric(quiet, 'onsale_gateway_streams_ended_total', 'why="stalled"')).toBe(1));
  });

  it('ends for a reader that talks, and for one that says more than a word', async () => {
    const talker = (await opens('websocket')).socket!;
    for (let n = 0; n < 100; n += 1) talker.socket.send('hello');
    await eventually(() => expect(talker.heard.closed).toEqual({ code: 1008, reason: 'TOO_MANY_FRAMES' }));
    const orator = (await opens('websocket')).socket!;
    orator.socket.send('x'.repeat(10_000));
    await eventually(() => expect(orator.heard.closed?.code).toBe(1009));
  });
});
