import { beforeAll, describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT } from 'jose';
import { newId } from '../ids/index.ts';
import { createClaimsReader, createClaimsSigner } from './signed-claims.ts';
import {
  createAccessTokenSigner,
  createAccessTokenVerifier,
  createPrincipalSigner,
  createPrincipalVerifier,
  createQueueTokenCodec,
  memberHash,
  publicKeys,
  type JWK,
} from './index.ts';

const makeKey = async (kid: string): Promise<JWK> => ({
  ...(await exportJWK((await generateKeyPair('EdDSA', { extractable: true })).privateKey)),
  kid,
  alg: 'EdDSA',
});

let first: JWK;
let second: JWK;
beforeAll(async () => {
  [first, second] = await Promise.all([makeKey('k1'), makeKey('k2')]);
});

const at = (time: number) => ({ now: () => new Date(time) });
const access = { memberId: newId(), role: 'member', sessionId: newId() } as const;

describe('access tokens', () => {
  it('are verified by the published half of the key', async () => {
    const keys = { keys: [first] };
    expect(JSON.stringify(publicKeys(keys))).not.toContain('"d"');
    const token = await createAccessTokenSigner({ keys, clock: at(0), lifeSeconds: 600 }).sign(access);
    const verifier = createAccessTokenVerifier({ fetchKeys: async () => publicKeys(keys), clock: at(599_000) });
    await expect(verifier.verify(token)).resolves.toEqual({ ...access, expiresAt: 600_000 });
  });

  it('are refused when expired, forged, or of another kind', async () => {
    const keys = { keys: [first] };
    const token = await createAccessTokenSigner({ keys, clock: at(0), lifeSeconds: 600 }).sign(access);
    const late = createAccessTokenVerifier({ fetchKeys: async () => publicKeys(keys), clock: at(601_000) });
    await expect(late.verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const verifier = createAccessTokenVerifier({ fetchKeys: async () => publicKeys(keys), clock: at(0) });
    const forged = await createAccessTokenSigner({ keys: { keys: [{ ...second, kid: 'k1' }] }, clock: at(0), lifeSeconds: 600 }).sign(
      access,
    );
    const principal = await createPrincipalSigner({ key: first }).sign({ kind: 'gateway' });
    for (const wrong of [forged, principal, 'x', ''])
      await expect(verifier.verify(wrong)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('fetches the keys again for a new key id, and not more often than the cooldown lets it', async () => {
    let published = { keys: [first] };
    let fetches = 0;
    let now = 0;
    const verifier = createAccessTokenVerifier({
      fetchKeys: async () => (fetches++, publicKeys(published)),
      clock: { now: () => new Date(now) },
      cooldownMs: 1000,
    });
    await verifier.verify(await createAccessTokenSigner({ keys: published, clock: at(0), lifeSeconds: 600 }).sign(access));
    published = { keys: [second, first] };
    const rotated = await createAccessTokenSigner({ keys: published, clock: at(0), lifeSeconds: 600 }).sign(access);
    await expect(verifier.verify(rotated)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(fetches).toBe(1);
    now = 1001;
    await expect(verifier.verify(rotated)).resolves.toMatchObject({ memberId: access.memberId });
    expect(fetches).toBe(2);
  });
});

describe('principals', () => {
  it('carry the member and the place in the line', async () => {
    const admission = { queueId: 'q', number: 7, lane: 'standard', status: 'ADMITTED' };
    const member = { id: newId(), role: 'operator', sessionId: newId() } as const;
    const verifier = createPrincipalVerifier({ keys: publicKeys({ keys: [first] }) });
    const jwt = await createPrincipalSigner({ key: first }).sign({ kind: 'member', member, admission });
    await expect(verifier.verify(jwt)).resolves.toEqual({ kind: 'member', member, admission });
    await expect(verifier.verify(jwt)).resolves.toEqual({ kind: 'member', member, admission });
  });

  it('are refused when they are old, or of another kind of gateway', async () => {
    const keys = publicKeys({ keys: [first] });
    const now = Math.floor(Date.now() / 1000);
    const signed = createClaimsSigner({ key: first });
    const good = { iss: 'onsale-gateway', sub: 'gateway', exp: now + 30 };
    await expect(createPrincipalVerifier({ keys }).verify(signed(good))).resolves.toEqual({ kind: 'gateway' });
    const { exp: _exp, ...timeless } = good;
    for (const wrong of [
      { ...good, exp: now - 6 },
      { ...good, exp: String(now + 30) },
      timeless,
      { ...good, iss: 'onsale-gateway-foreign' },
      { ...good, sub: '' },
    ])
      await expect(createPrincipalVerifier({ keys }).verify(signed(wrong))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('are refused from anybody but the gateway', async () => {
    const verifier = createPrincipalVerifier({ keys: publicKeys({ keys: [first] }) });
    const foreign = await createPrincipalSigner({ key: { ...second, kid: 'k1' } }).sign({ kind: 'gateway' });
    const accessToken = await createAccessTokenSigner({ keys: { keys: [first] }, clock: { now: () => new Date() }, lifeSeconds: 600 }).sign(
      access,
    );
    for (const wrong of [undefined, '', 'x', foreign, accessToken])
      await expect(verifier.verify(wrong)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

describe('signed claims', () => {
  const header = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[0]!, 'base64url').toString()) as object;
  const withHeader = (jwt: string, changed: object) =>
    [Buffer.from(JSON.stringify({ ...header(jwt), ...changed })).toString('base64url'), ...jwt.split('.').slice(1)].join('.');

  it('are what any library signs and reads', async () => {
    const keys = publicKeys({ keys: [second, first] });
    const ours = createClaimsSigner({ key: first })({ sub: 'a', n: 1 });
    expect((await jwtVerify(ours, createLocalJWKSet(keys), { algorithms: ['EdDSA'] })).payload).toEqual({ sub: 'a', n: 1 });
    const theirs = await new SignJWT({ sub: 'b' }).setProtectedHeader({ alg: 'EdDSA', kid: 'k2' }).sign(await importJWK(second, 'EdDSA'));
    expect(createClaimsReader({ keys })(theirs)).toEqual({ sub: 'b' });
  });

  it('are void after any change, without the key that they name, and by any other algorithm', () => {
    const read = createClaimsReader({ keys: publicKeys({ keys: [first] }) });
    const jwt = createClaimsSigner({ key: first })({ sub: 'a' });
    expect(read(jwt)).toEqual({ sub: 'a' });
    for (let i = 0; i < jwt.length - 1; i++) {
      const changed = jwt.slice(0, i) + (jwt[i] === 'A' ? 'B' : 'A') + jwt.slice(i + 1);
      expect(read(changed)).toBeUndefined();
    }
    const [head, body, signature] = jwt.split('.');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`;
    const wrong = ['', '.', '..', `${head}.${body}`, `${head}.${body}.`, `${jwt}.`, `.${body}.${signature}`, unsigned, 'x'.repeat(10_000)];
    for (const changed of [{ alg: 'none' }, { alg: 'HS256' }, { kid: 'k2' }, { kid: undefined }, { crit: ['exp'] }])
      wrong.push(withHeader(jwt, changed));
    wrong.push(createClaimsSigner({ key: { ...second, kid: 'k1' } })({ sub: 'a' }), createClaimsSigner({ key: second })({ sub: 'a' }));
    for (const one of wrong) expect(read(one)).toBeUndefined();
  });
});

describe('queue tokens', () => {
  const payload = {
    queueId: newId(),
    epoch: 1_790_000_000_000,
    number: 155_000_000_000_123,
    lane: 'standard',
    member: memberHash(newId()),
    issuedAt: 1_790_000_000,
  };
  const codec = createQueueTokenCodec({ secrets: [{ kid: 'a', secret: 's'.repeat(32) }] });

  it('come back as they were signed, in about 160 characters', () => {
    const token = codec.sign(payload);
    expect(codec.verify(token)).toEqual(payload);
    expect(token.length).toBeLessThan(180);
  });

  it('are void after any change', () => {
    const token = codec.sign(payload);
    for (let i = 0; i < token.length; i++) {
      const changed = token.slice(0, i) + (token[i] === 'A' ? 'B' : 'A') + token.slice(i + 1);
      expect(codec.verify(changed)).toBeUndefined();
    }
    for (const wrong of ['', '...', `${token}.`, `${token}=`, 'x'.repeat(10_000)]) expect(codec.verify(wrong)).toBeUndefined();
  });

  it('survive a change of secrets while the old one is still listed', () => {
    const token = codec.sign(payload);
    const rotated = createQueueTokenCodec({
      secrets: [
        { kid: 'b', secret: 't'.repeat(32) },
        { kid: 'a', secret: 's'.repeat(32) },
      ],
    });
    expect(rotated.verify(token)).toEqual(payload);
    expect(codec.verify(rotated.sign(payload))).toBeUndefined();
  });
});
