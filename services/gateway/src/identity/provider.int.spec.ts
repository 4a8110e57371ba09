import { exportJWK, generateKeyPair, generateSecret, SignJWT, type CryptoKey, type JWK } from 'jose';
import { eventually } from '@onsale/shared/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { json, startFleet, startStandIn, withProvider, type Fleet, type StandIn } from '../testing/index.ts';

const ALGORITHMS = ['EdDSA', 'ES256', 'RS256'] as const;
type Algorithm = (typeof ALGORITHMS)[number];
const ISSUER = 'https://id.example/';

interface Pair {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}
const pairOf = async (alg: Algorithm, kid: string): Promise<Pair> => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid } };
};

let fleet: Fleet;
let provider: StandIn;
let pairs: Record<Algorithm, Pair>;
const publish = (...keys: JWK[]): void => provider.answers((_seen, res) => json(res, 200, { keys }));
const all = () => ALGORITHMS.map((alg) => pairs[alg].jwk);

const start = () =>
  startFleet({
    settings: withProvider({
      jwksUrl: () => new URL('/keys', provider.url),
      tokens: { issuer: ISSUER, algorithms: [...ALGORITHMS], roleClaim: 'realm_access.roles', lanesClaim: 'lanes' },
    }),
  });

beforeAll(async () => {
  const [EdDSA, ES256, RS256] = await Promise.all(ALGORITHMS.map((alg) => pairOf(alg, `k-${alg}`)));
  pairs = { EdDSA: EdDSA!, ES256: ES256!, RS256: RS256! };
  provider = await startStandIn();
  publish(...all());
  fleet = await start();
});
afterEach(() => publish(...all()));
afterAll(async () => {
  await fleet?.stop();
  await provider?.stop();
});

interface Claims {
  readonly alg?: Algorithm;
  readonly pair?: Pair;
  readonly claims?: Record<string, unknown>;
  readonly issuer?: string;
  readonly audience?: string;
  readonly expires?: string;
}
const tokenOf = ({ alg = 'ES256', pair = pairs[alg], claims = {}, issuer = ISSUER, audience = 'shop', expires = '5m' }: Claims = {}) =>
  new SignJWT({ sub: 'auth0|ada', ...claims })
    .setProtectedHeader({ alg, kid: pair.jwk.kid! })
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime(expires)
    .sign(pair.privateKey);

const asks = async (token: string, at: Fleet = fleet) => {
  const { status, json: body } = await at.call('POST', '/api/v1/queues/drop/tokens', {
    headers: { authorization: `Bearer ${token}` },
    body: {},
  });
  return `${status} ${(body?.['code'] as string | undefined) ?? ''}`.trim();
};
const lastPrincipal = () => fleet.principalOf(fleet.queue.seen.at(-1)!);

describe('members of an identity provider', () => {
  it.each(ALGORITHMS)('are known by its %s signatures', async (alg) => {
    expect(await asks(await tokenOf({ alg, claims: { sid: 's1' } }))).toBe('200');
    expect(await lastPrincipal()).toEqual({ kind: 'member', member: { id: 'auth0|ada', role: 'member', sessionId: 's1' } });
  });

  it('are operators when the claim that is named says so', async () => {
    const roleOf = async (claims: Record<string, unknown>) => {
      const token = await tokenOf({ claims });
      return (await fleet.call('POST', '/api/v1/admin/queues', { headers: { authorization: `Bearer ${token}` }, body: {} })).status;
    };
    expect(await roleOf({ realm_access: { roles: ['x', 'staff'] } })).toBe(200);
    expect(await roleOf({ 'realm_access.roles': 'staff' })).toBe(200);
    for (const claims of [
      {},
      { role: 'operator' },
      { roles: ['staff'] },
      { realm_access: { roles: ['staffing'] } },
      { realm_access: 'staff' },
    ])
      expect([claims, await roleOf(claims)]).toEqual([claims, 403]);
  });

  it('have the lanes that the claim which is named grants them', async () => {
    const lanesOf = async (lanes: unknown) => {
      expect(await asks(await tokenOf({ claims: { lanes } }))).toBe('200');
      const principal = await lastPrincipal();
      return principal.kind === 'member' ? principal.member.lanes : undefined;
    };
    expect(await lanesOf(['vip', 'press', 'NOT A LANE', 7])).toEqual(['vip', 'press']);
    expect(await lanesOf('vip')).toEqual(['vip']);
    for (const none of [undefined, [], {}, 7]) expect(await lanesOf(none)).toBeUndefined();
  });

  it('are never the gateway, whatever they call themselves', async () => {
    for (const sub of ['gateway', 'anonymous']) {
      expect(await asks(await tokenOf({ claims: { sub } }))).toBe('200');
      expect(await lastPrincipal()).toMatchObject({ kind: 'member', member: { id: sub } });
    }
  });

  it.each<[string, () => Promise<string>]>([
    ['of another issuer', () => tokenOf({ issuer: 'https://evil.example/' })],
    ['for another audience', () => tokenOf({ audience: 'other' })],
    ['that have expired', () => tokenOf({ expires: '-1m' })],
    ['of a key that is not published', async () => tokenOf({ pair: await pairOf('ES256', 'k-ES256') })],
    ['without a member', () => tokenOf({ claims: { sub: undefined } })],
    ['of a member that no header can carry', () => tokenOf({ claims: { sub: 'a\r\nb' } })],
    ['of a member with a name without end', () => tokenOf({ claims: { sub: 'x'.repeat(129) } })],
    [
      'without an end',
      async () =>
        new SignJWT({ sub: 'a' })
          .setProtectedHeader({ alg: 'ES256', kid: 'k-ES256' })
          .setIssuer(ISSUER)
          .setAudience('shop')
          .sign(pairs.ES256.privateKey),
    ],
    [
      'signed by a secret',
      async () =>
        new SignJWT({ sub: 'a' })
          .setProtectedHeader({ alg: 'HS256', kid: 'k-RS256' })
          .setIssuer(ISSUER)
          .setAudience('shop')
          .setExpirationTime('5m')
          .sign(await generateSecret('HS256')),
    ],
    [
      'signed by nobody',
      async () =>
        `${btoa('{"alg":"none"}').replaceAll('=', '')}.${btoa(`{"sub":"a","iss":"${ISSUER}","aud":"shop","exp":9999999999}`).replaceAll('=', '')}.`,
    ],
    ['without end', async () => 'x'.repeat(9000)],
  ])('are not known by tokens %s', async (_what, token) => {
    const before = fleet.queue.seen.length;
    expect(await asks(await token())).toBe('401 UNAUTHENTICATED');
    expect(fleet.queue.seen).toHaveLength(before);
  });
});

describe('a gateway before a queue alone', () => {
  it.each([
    ['GET', '/api/v1/concerts'],
    ['POST', '/api/v1/reservations'],
    ['GET', '/api/v1/members/me/wallet'],
    ['POST', '/api/v1/sessions'],
    ['POST', '/api/v1/members'],
  ])('has no %s %s', async (method, path) => {
    expect((await fleet.call(method, path)).status).toBe(404);
  });

  it('shows the keys by which it knows members, and nothing of them that is private or no signature', async () => {
    publish(
      { ...pairs.ES256.jwk, d: 'private' },
      { kty: 'oct', k: 'secret' },
      { ...pairs.RS256.jwk, use: 'enc' },
      { ...pairs.RS256.jwk, n: 'AQAB' },
    );
    const lone = await start();
    const { json: shown, text } = await lone.call('GET', '/.well-known/jwks.json');
    expect(((shown?.['keys'] ?? []) as JWK[]).map(({ kid, alg }) => [kid, alg])).toEqual([['k-ES256', 'ES256']]);
    expect(text).not.toMatch(/private|secret/);
    await lone.stop();
  });

  it.each<[string, () => void]>([
    ['is away', () => provider.answers((_seen, res) => res.destroy())],
    ['fails', () => provider.answers((_seen, res) => json(res, 500, {}))],
    [
      'sends elsewhere, though there are good keys',
      () =>
        provider.answers(({ url }, res) =>
          url === '/keys' ? json(res, 302, {}, { location: `${provider.url.origin}/others` }) : json(res, 200, { keys: all() }),
        ),
    ],
    ['answers without end', () => provider.answers((_seen, res) => json(res, 200, { keys: all(), more: 'x'.repeat(300_000) }))],
    ['has a thousand keys', () => publish(...Array.from({ length: 1000 }, (_, n) => ({ ...pairs.ES256.jwk, kid: `k-${n}` })), ...all())],
    ['has no key that is any good', () => publish({ kty: 'oct', k: 'x' })],
  ])('is not ready while the provider %s, and comes by itself', async (_what, breaks) => {
    breaks();
    const lone = await start();
    const ready = async () => (await fetch(`${lone.opsUrl}/readyz`)).status;
    expect(await ready()).toBe(503);
    expect(await asks(await tokenOf(), lone)).toBe('503 UPSTREAM_UNAVAILABLE');
    publish(...all());
    await eventually(async () => expect(await ready()).toBe(200), { withinMs: 30_000 });
    expect(await asks(await tokenOf(), lone)).toBe('200');
    await lone.stop();
  });

  it('asks a provider that is away once a second, however many ask', async () => {
    provider.answers((_seen, res) => res.destroy());
    const lone = await start();
    const token = await tokenOf();
    await asks(token, lone);
    const before = provider.seen.length;
    const began = performance.now();
    for (let n = 0; n < 30; n += 1) await asks(token, lone);
    expect(provider.seen.length - before).toBeLessThanOrEqual(1 + Math.ceil((performance.now() - began) / 1000));
    await lone.stop();
  });
});
