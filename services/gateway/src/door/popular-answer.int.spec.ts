import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { json, startFleet, startStandIn, type Answering, type Fleet } from '../testing/index.ts';

const POPULAR = '/api/v1/products/popular';
const since = '2030-01-10T12:00:00.000Z';
const product = (sold: number) => ({
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  name: 'A cup',
  price: 1500,
  onSale: true,
  available: 3,
  sold,
});

let fleet: Fleet;
let jwks: Answering;
const clock = { ms: 1 };
beforeAll(async () => {
  fleet = await startFleet({ overrides: { monotonic: () => clock.ms } });
  jwks = fleet.commerce.answering();
});
beforeEach(() => {
  clock.ms += 60_000;
});
afterAll(() => fleet.stop());

const says = (how: Answering): void =>
  fleet.commerce.answers((seen, res, req) => (seen.url === '/internal/jwks' ? jwks(seen, res, req) : how(seen, res, req)));
const asked = (): number => fleet.commerce.seen.filter(({ url }) => url === POPULAR).length;
const asks = () => fleet.call('GET', POPULAR);

describe('the popular products', () => {
  it('are asked for once by all who come at once, and kept for a second', async () => {
    says((_seen, res) => json(res, 200, { since, items: [product(asked())] }));
    const before = asked();
    const answers = await Promise.all(Array.from({ length: 30 }, asks));
    clock.ms += 999;
    answers.push(await asks());
    const kept = answers.map(({ status, headers, json: body }) => [status, headers['cache-control'], body]);
    expect(kept).toEqual(kept.map(() => [200, 'public, max-age=1', { since, items: [product(before + 1)] }]));
    expect(asked()).toBe(before + 1);

    clock.ms += 1;
    expect((await asks()).json).toEqual({ since, items: [product(before + 2)] });
  });

  it('are asked for anew after a failure, of which all are told who waited', async () => {
    says((_seen, res) => res.destroy());
    const refused = await Promise.all([asks(), asks()]);
    expect(refused.map(({ status, json: body }) => [status, body?.['code']])).toEqual(refused.map(() => [503, 'UPSTREAM_UNAVAILABLE']));
    says((_seen, res) => json(res, 200, { since, items: [] }));
    expect(await asks()).toMatchObject({ status: 200, json: { since, items: [] } });
  });

  it('are had from another replica when one is frozen', async () => {
    const frozen = await startStandIn();
    const two = await startFleet({
      settings: (s) => ({ ...s, replicas: { ...s.replicas, commerce: [...s.replicas.commerce!, frozen.url] } }),
      overrides: { monotonic: () => clock.ms },
    });
    try {
      frozen.answers(() => undefined);
      for (let turn = 0; turn < 3; turn += 1) {
        clock.ms += 60_000;
        expect((await two.call('GET', POPULAR)).status).toBe(200);
      }
      expect(frozen.seen.filter(({ url }) => url === POPULAR).length).toBeGreaterThan(0);
    } finally {
      await two.stop();
      await frozen.stop();
    }
  });

  it.each<[string, (res: ServerResponse) => void]>([
    ['with a failure', (res) => json(res, 500, {})],
    ['with what is none of the contract', (res) => json(res, 200, { of: 'another age' })],
    ['with what is no JSON', (res) => void res.writeHead(200, { 'content-type': 'application/json' }).end('<html>')],
  ])('say nothing against a replica that answers %s to them alone', async (_, answers) => {
    const failing = await startStandIn();
    const two = await startFleet({
      settings: (s) => ({ ...s, replicas: { ...s.replicas, commerce: [...s.replicas.commerce!, failing.url] } }),
      overrides: { monotonic: () => clock.ms },
    });
    try {
      failing.answers((seen, res) => (seen.url === POPULAR ? answers(res) : json(res, 200, {})));
      for (let turn = 0; turn < 2; turn += 1) {
        clock.ms += 60_000;
        await two.call('GET', POPULAR);
      }
      expect(failing.seen.filter(({ url }) => url === POPULAR)).not.toHaveLength(0);
      for (let turn = 0; turn < 4; turn += 1) await two.call('GET', '/api/v1/products');
      expect(failing.seen.filter(({ url }) => url === '/api/v1/products')).toHaveLength(2);
    } finally {
      await two.stop();
      await failing.stop();
    }
  });

  it('take no query', async () => {
    const before = asked();
    expect(await fleet.call('GET', `${POPULAR}?top=9`)).toMatchObject({ status: 400, json: { errors: [{ pointer: '/query/top' }] } });
    expect(asked()).toBe(before);
  });
});
