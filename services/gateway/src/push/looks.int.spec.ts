import { eventually } from '@onsale/shared/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { KINDS, metric, pushStreams } from '../testing/index.ts';

const { start, begin, closeStreams, stop, now, opens, asked } = pushStreams();
beforeAll(start);
beforeEach(begin);
afterEach(closeStreams);
afterAll(stop);

describe('the looks behind the streams', () => {
  it('ask once for a token with many streams, and not at all when they have closed', async () => {
    const token = now.fleet.tokenFor(now.member);
    const streams = await Promise.all(KINDS.map((kind) => opens(kind, now.fleet, now.member, token)));
    const before = asked();
    await eventually(() => expect(asked()).toBeGreaterThanOrEqual(before + 2));
    const looks = now.fleet
      .checks()
      .slice(before)
      .map(({ body }) => (JSON.parse(body) as { tokens: unknown[] }).tokens.length);
    expect(new Set(looks)).toEqual(new Set([1]));
    for (const stream of streams) stream.close();
    await eventually(async () => expect(await metric(now.fleet, 'onsale_gateway_streams', 'kind=')).toBe(0));
  });

  it('come to everybody far behind when one of them is found admitted out of turn', async () => {
    const members = await Promise.all(Array.from({ length: 30 }, () => now.fleet.signIn()));
    now.says = { status: 'WAITING', position: 50_000, etaSeconds: 5000, pollAfterMs: 30_000 };
    const streams = await Promise.all(members.map((one) => opens('sse', now.fleet, one)));
    now.says = { status: 'ADMITTED', remainingMs: 60_000 };
    await eventually(() => expect(streams.every((stream) => stream.statuses().at(-1)?.['status'] === 'ADMITTED')).toBe(true));
  });
});
