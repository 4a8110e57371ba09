import { PLACES_CHANGED } from '@onsale/contracts/queue';
import { eventually } from '@onsale/shared/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { KINDS, metric, pushStreams } from '../testing/index.ts';

const { start, begin, closeStreams, stop, now, fleetWith, opens, asked } = pushStreams();
beforeAll(start);
beforeEach(begin);
afterEach(closeStreams);
afterAll(stop);

describe('the looks behind the streams', () => {
  it('ask once for a token with many streams, and not at all when they have closed', async () => {
    const token = now.fleet.tokenFor(now.member);
    const streams = await Promise.all(KINDS.map((kind) => opens(kind, now.fleet, now.member, token)));
    await eventually(async () => expect(await metric(now.fleet, 'onsale_gateway_streams', 'kind=')).toBe(2)); // those of other tests have closed
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

  it('come to a place of which the queue gives notice, whenever its turn would be', async () => {
    const still = await fleetWith((settings) => settings, { monotonic: () => 1 }); // nobody far behind is ever due
    const [told, other] = await Promise.all([still.signIn(), still.signIn()]);
    const far = { status: 'WAITING', position: 50_000, etaSeconds: 5000, pollAfterMs: 30_000 } as const;
    now.says = far;
    const stream = await opens('sse', still, told);
    const beside = await opens('sse', still, other);
    const { number } = stream.statuses()[0] as { number: number };
    const looked = (since = 0): number[] =>
      still
        .checks()
        .slice(since)
        .flatMap(({ body }) => (JSON.parse(body) as { tokens: { number: number }[] }).tokens.map((token) => token.number));
    await eventually(() => expect(looked().filter((one) => one === number)).toHaveLength(2)); // when it opened, and once more
    await eventually(() => expect(looked()).toHaveLength(4));
    still.queueSays((token) => (token.number === number ? { status: 'ADMITTED', remainingMs: 60_000 } : { ...far, position: 40_000 }));

    const notice = (message: string) => still.redis.publish(`${still.settings.namespace}:notice:${PLACES_CHANGED}`, message);
    for (const nonsense of ['', '{"queueId":"main"}', '[]']) await notice(nonsense);
    const before = asked(still);
    await eventually(async () => {
      await notice(JSON.stringify({ queueId: 'main', numbers: [number, 1] })); // again: a notice that nobody listens for yet is lost
      expect(stream.statuses().at(-1)).toMatchObject({ status: 'ADMITTED' });
    });
    expect(looked(before)[0]).toBe(number);
    await eventually(() => expect(beside.statuses().at(-1)).toMatchObject({ position: 40_000 })); // its line has moved: it is looked at with the next turn
  });

  it('come to everybody far behind when one of them is found admitted out of turn', async () => {
    const members = await Promise.all(Array.from({ length: 30 }, () => now.fleet.signIn()));
    now.says = { status: 'WAITING', position: 50_000, etaSeconds: 5000, pollAfterMs: 30_000 };
    const streams = await Promise.all(members.map((one) => opens('sse', now.fleet, one)));
    now.says = { status: 'ADMITTED', remainingMs: 60_000 };
    await eventually(() => expect(streams.every((stream) => stream.statuses().at(-1)?.['status'] === 'ADMITTED')).toBe(true));
  });
});
