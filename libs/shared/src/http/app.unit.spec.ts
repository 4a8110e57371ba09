import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { route } from '@onsale/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair } from 'jose';
import { pino } from 'pino';
import { z } from 'zod';
import { createPrincipalSigner, createPrincipalVerifier, PRINCIPAL_HEADER, publicKeys, type JWK } from '../auth/index.ts';
import { Refusal } from '../errors/index.ts';
import type { KeyedStore } from '../idempotency/index.ts';
import { newId } from '../ids/index.ts';
import { createMetrics } from '../metrics/index.ts';
import { createApp, created, implement, ok } from './index.ts';

const Thing = z.object({ name: z.string(), by: z.string().optional() });
const base = { owner: 'commerce', summary: '', gate: 'none', problems: [] } as const;
const readThing = route({
  ...base,
  method: 'GET',
  path: '/things/{id}',
  auth: 'none',
  params: z.strictObject({ id: z.uuid() }),
  query: z.strictObject({ limit: z.coerce.number().int().max(10).default(5) }),
  answers: { 200: Thing },
});
const makeThing = route({
  ...base,
  method: 'POST',
  path: '/things',
  auth: 'member',
  idempotency: 'required',
  body: z.strictObject({ name: z.string().max(100) }),
  answers: { 201: Thing },
});
const breakThing = route({
  ...base,
  method: 'DELETE',
  path: '/things/{id}',
  auth: 'operator',
  params: z.strictObject({ id: z.uuid() }),
  answers: { 204: null },
});
const lie = route({ ...base, method: 'GET', path: '/lies', auth: 'none', answers: { 200: Thing } });
const internal = route({ ...base, method: 'GET', path: '/internal/things', auth: 'gateway', answers: { 200: Thing } });
const slow = route({ ...base, method: 'GET', path: '/slow', auth: 'none', answers: { 200: Thing } });

const kept = new Map<string, unknown>();

const memoryStore = (): KeyedStore => {
  const keyOf = (scope: { memberId: string; key: string }) => `${scope.memberId} ${scope.key}`;
  return {
    find: async (scope: never) => (kept.has(keyOf(scope)) ? { value: kept.get(keyOf(scope)) } : undefined),
    once: (scope: never) => {
      let replayed = false;
      return {
        get replayed() {
          return replayed;
        },
        transaction: async (_db: never, fn: (trx: never) => Promise<unknown>) => {
          replayed = kept.has(keyOf(scope));
          if (!replayed) kept.set(keyOf(scope), await fn(undefined as never));
          return kept.get(keyOf(scope));
        },
      };
    },
    purge: async () => 0,
  } as KeyedStore;
};

let server: Server;
let url: string;
let principal: Record<'member' | 'operator' | 'gateway' | 'anonymous', string>;
let made = 0;

beforeAll(async () => {
  const key: JWK = { ...(await exportJWK((await generateKeyPair('EdDSA', { extractable: true })).privateKey)), kid: 'k', alg: 'EdDSA' };
  const { sign } = createPrincipalSigner({ key });
  const memberOf = (role: 'member' | 'operator') => sign({ kind: 'member', member: { id: newId(), role, sessionId: newId() } });
  principal = {
    member: await memberOf('member'),
    operator: await memberOf('operator'),
    gateway: await sign({ kind: 'gateway' }),
    anonymous: await sign({ kind: 'anonymous' }),
  };
  const app = createApp({
    doors: [
      implement(readThing, async ({ params, query }) => ok({ name: `${params.id} ${query.limit}` }, { etag: 'v1' })),
      implement(
        makeThing,
        async ({ body, once, member, header }) => {
          if (body.name === 'taken meanwhile') {
            kept.set(`${member.id} ${header('idempotency-key')}`, { name: 'by the other' });
            throw new Refusal('SEAT_TAKEN', 'by the other');
          }
          return once.transaction(undefined as never, async () => ({ name: body.name, count: ++made }));
        },
        ({ name }) => created({ name }, { location: '/api/v1/things/1' }),
      ),
      implement(breakThing, async () => {
        throw new Error('secret of the house');
      }),
      implement(lie, async () => ok({ nam: 'x' })),
      implement(internal, async () => ok({ name: 'inside' })),
      implement(slow, async () => new Promise<never>(() => undefined)),
    ],
    principals: createPrincipalVerifier({ keys: publicKeys({ keys: [key] }) }),
    idempotency: memoryStore(),
    log: pino({ level: 'silent' }),
    metrics: createMetrics({ service: 'test', defaults: false }),
    mode: 'development',
    requestTimeoutMs: 300,
  });
  server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const call = async (
  method: string,
  path: string,
  { as = 'anonymous', headers = {}, body }: { as?: keyof typeof principal; headers?: Record<string, string>; body?: string } = {},
) => {
  const answer = await fetch(url + path, {
    method,
    headers: { [PRINCIPAL_HEADER]: principal[as], ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    json: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>),
  };
};
const id = newId();

describe('createApp', () => {
  it('answers a good request with the contract’s defaults, no-store and a request id', async () => {
    const { status, json, headers } = await call('GET', `/api/v1/things/${id}`);
    expect([status, json]).toEqual([200, { name: `${id} 5` }]);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('answers 304 to whoever has this version', async () => {
    expect((await call('GET', `/api/v1/things/${id}`, { headers: { 'if-none-match': '"v1"' } })).status).toBe(304);
  });

  it.each([
    ['a wrong parameter', 'GET', '/api/v1/things/1', {}, 400, 'VALIDATION_FAILED', '/params/id'],
    ['an unknown query field', 'GET', `/api/v1/things/${id}?x=1`, {}, 400, 'VALIDATION_FAILED', '/query/x'],
    ['a query field twice', 'GET', `/api/v1/things/${id}?limit=1&limit=2`, {}, 400, 'VALIDATION_FAILED', '/query/limit'],
    ['a badly encoded path', 'GET', '/api/v1/things/%E0%A4%A', {}, 400, 'VALIDATION_FAILED', '/params'],
    ['no principal', 'POST', '/api/v1/things', { headers: { [PRINCIPAL_HEADER]: '' } }, 401, 'UNAUTHENTICATED', undefined],
    ['nobody signed in', 'POST', '/api/v1/things', { body: '{}' }, 401, 'UNAUTHENTICATED', undefined],
    ['a member at an operator’s route', 'DELETE', `/api/v1/things/${id}`, { as: 'member' }, 403, 'FORBIDDEN', undefined],
    ['a member at an internal route', 'GET', '/internal/things', { as: 'operator' }, 404, 'NOT_FOUND', undefined],
    ['an unknown path', 'GET', '/api/v1/nothing', {}, 404, 'NOT_FOUND', undefined],
    ['another method', 'PUT', `/api/v1/things/${id}`, {}, 405, 'METHOD_NOT_ALLOWED', undefined],
    ['a missing field', 'POST', '/api/v1/things', { as: 'member', body: '{}' }, 400, 'VALIDATION_FAILED', '/body/name'],
    ['no body', 'POST', '/api/v1/things', { as: 'member' }, 400, 'VALIDATION_FAILED', '/body'],
    ['an unknown field', 'POST', '/api/v1/things', { as: 'member', body: '{"name":"x","a/b":1}' }, 400, 'VALIDATION_FAILED', '/body/a~1b'],
    ['malformed JSON', 'POST', '/api/v1/things', { as: 'member', body: '{"name":' }, 400, 'VALIDATION_FAILED', '/body'],
    [
      'another content type',
      'POST',
      '/api/v1/things',
      { as: 'member', body: 'name=x', headers: { 'content-type': 'text/plain' } },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      undefined,
    ],
    [
      'a huge body',
      'POST',
      '/api/v1/things',
      { as: 'member', body: JSON.stringify({ name: 'x'.repeat(70_000) }) },
      413,
      'PAYLOAD_TOO_LARGE',
      undefined,
    ],
    ['no idempotency key', 'POST', '/api/v1/things', { as: 'member', body: '{"name":"x"}' }, 428, 'IDEMPOTENCY_KEY_REQUIRED', undefined],
    [
      'a malformed key',
      'POST',
      '/api/v1/things',
      { as: 'member', body: '{"name":"x"}', headers: { 'idempotency-key': 'a b' } },
      400,
      'VALIDATION_FAILED',
      '/headers/idempotency-key',
    ],
    ['a body where none is taken', 'DELETE', `/api/v1/things/${id}`, { as: 'operator', body: '{}' }, 400, 'VALIDATION_FAILED', '/body'],
  ] as const)('refuses %s with its problem', async (_what, method, path, options, status, code, pointer) => {
    const answer = await call(method, path, options);
    expect([answer.status, answer.json?.['code']]).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.json).toMatchObject({ status, instance: `urn:uuid:${answer.headers.get('x-request-id')}` });
    if (pointer !== undefined) expect(answer.json?.['errors']).toContainEqual(expect.objectContaining({ pointer }));
    if (status === 401) expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('does a keyed request once, for any number of askers', async () => {
    const before = made;
    const headers = { 'idempotency-key': newId() };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => call('POST', '/api/v1/things', { as: 'member', headers, body: '{"name":"x"}' })),
    );
    expect(made - before).toBe(1);
    for (const answer of answers)
      expect([answer.status, answer.json, answer.headers.get('location')]).toEqual([201, { name: 'x' }, '/api/v1/things/1']);
    expect(answers.filter((answer) => answer.headers.get('idempotency-replayed') === 'true')).toHaveLength(19);
  });

  it('answers what another process kept for the key, when the request is refused for that very effect', async () => {
    const headers = { 'idempotency-key': newId() };
    const answer = await call('POST', '/api/v1/things', { as: 'member', headers, body: '{"name":"taken meanwhile"}' });
    expect([answer.status, answer.json, answer.headers.get('idempotency-replayed')]).toEqual([201, { name: 'by the other' }, 'true']);
  });

  it('keeps its own errors to itself', async () => {
    const broken = await call('DELETE', `/api/v1/things/${id}`, { as: 'operator' });
    expect([broken.status, broken.json?.['code']]).toEqual([500, 'INTERNAL']);
    expect(broken.text).not.toContain('secret');
    expect((await call('GET', '/api/v1/lies')).status).toBe(500);
  });

  it('answers at its deadline when the work does not', async () => {
    const { status, json } = await call('GET', '/api/v1/slow', { headers: { prefer: 'wait=0' } });
    expect([status, json?.['code']]).toEqual([504, 'TIMEOUT']);
  });
});

describe('Refusal', () => {
  it('carries what the client needs to go on', () => {
    expect(new Refusal('SEAT_TAKEN', 'Taken.', { extra: { seats: ['1'] } })).toMatchObject({ code: 'SEAT_TAKEN', extra: { seats: ['1'] } });
  });
});
