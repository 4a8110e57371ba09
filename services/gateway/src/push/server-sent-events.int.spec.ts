import { eventually } from '@onsale/shared/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { as, metric, openRaw, PATH, pushStreams, STREAM, UPGRADE } from '../testing/index.ts';

const { start, begin, closeStreams, stop, now, fleetWith, fleetOf, closes, open, opens } = pushStreams();
beforeAll(start);
beforeEach(begin);
afterEach(closeStreams);
afterAll(stop);

describe('server-sent events', () => {
  it('are sent as such, with when to come back', async () => {
    const { events } = await opens('sse');
    expect(events!.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    expect(events!.heard.retries).toHaveLength(1);
  });

  it('are no request under way any more once they have begun, however long they last', async () => {
    const quiet = await fleetOf();
    const one = await quiet.signIn();
    await Promise.all([opens('sse', quiet, one), opens('sse', quiet, one)]);
    await eventually(async () => expect(await metric(quiet, 'onsale_gateway_streams', 'kind="sse"')).toBe(2));
    expect(await metric(quiet, 'onsale_http_requests_under_way', '')).toBe(0);
    expect(await metric(quiet, 'onsale_http_request_seconds_count', '/stream",status="200"')).toBe(2);
  });

  it('answer 204 to a browser that comes back after the end, and the end to one that has not heard it', async () => {
    const headers = as(now.member, now.fleet.tokenFor(now.member));
    now.says = { status: 'EXPIRED' };
    const first = await open('sse', headers);
    await eventually(() => expect(first.isClosed()).toBe(true));
    expect(first.events!.heard.events.map(({ event }) => event)).toEqual(['status', 'end']);
    const id = first.events!.heard.events[0]!.id!;
    expect((await open('sse', { ...headers, 'last-event-id': id })).refused).toMatchObject({ status: 204, json: undefined });
    expect((await open('sse', { ...headers, 'last-event-id': '999999.EXPIRED' })).refused).toBeUndefined();
  });

  it('answer HEAD with the headers alone', async () => {
    const answer = await now.fleet.call('HEAD', STREAM, { headers: as(now.member, now.fleet.tokenFor(now.member)) });
    expect([answer.status, answer.text]).toEqual([200, '']);
  });
});

describe('requests that are sent before the one before is answered', () => {
  const head = (path: string, headers: Record<string, string>): string =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\n${Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n`;

  it('are no way to upgrade: a connection whose answer is still to come is nobody else’s', async () => {
    const headers = { ...as(now.member, now.fleet.tokenFor(now.member)), ...UPGRADE };
    for (const before of ['/api/v1/concerts', '/waiting-room/main/nothing', '/nothing']) {
      const { heard } = closes(openRaw(now.fleet.url, head(before, {}) + head(PATH.websocket, headers)));
      await eventually(() => expect(heard.text).toMatch(/^HTTP\/1\.1 [24][^]*HTTP\/1\.1 426 /));
    }
    await opens('websocket');
  });

  it('have a stream before them cut, and leave nothing under way', async () => {
    const small = await fleetWith((settings) => ({ ...settings, upstream: { ...settings.upstream, concurrency: 2 } }));
    const one = await small.signIn();
    for (let n = 0; n < 3; n += 1) {
      const { heard } = closes(openRaw(small.url, head(PATH.sse, as(one, small.tokenFor(one))) + head('/api/v1/concerts', {})));
      await eventually(() => expect(heard.closed).toBe(true));
    }
    expect((await small.call('GET', '/api/v1/concerts')).status).toBe(200);
    await eventually(async () => expect(await metric(small, 'onsale_http_requests_under_way', '')).toBe(0));
    expect(await metric(small, 'onsale_gateway_streams', 'kind="sse"')).toBe(0);
  });
});
