import { IdParams, PageQuery, Points, route, text } from '@onsale/contracts';
import { describe, expect, it } from '@jest/globals';
import { badRequests, type BadRequest, type Credentials, type GoodRequest } from './bad-requests.ts';

const credentials: Credentials = {
  accessToken: 'a-member',
  queueToken: 'a-queue-token',
  operatorToken: 'an-operator',
  expired: 'expired',
  forged: 'forged',
  foreignQueueToken: 'another-queue-token',
};
const common = { owner: 'payment', answers: { 201: null }, summary: 'A sample', problems: [] } as const;
const gift = route({
  ...common,
  method: 'POST',
  path: '/things/{id}/gifts',
  auth: 'member',
  gate: 'issued',
  idempotency: 'required',
  params: IdParams,
  body: IdParams.omit({ id: true }).extend({ note: text(40).optional(), amount: Points.min(1).max(1000) }),
});
const things = route({ ...common, method: 'GET', path: '/admin/things', auth: 'operator', gate: 'none', query: PageQuery });
const id = '01890000-0000-7000-8000-000000000000';
const goodGift: GoodRequest = { params: { id }, foreign: { id: 'hers' }, body: { note: 'for you', amount: 5 } };

const cases = (spec: Parameters<typeof badRequests>[1], good: GoodRequest): BadRequest[] =>
  badRequests('http://shop', spec, good, credentials);
const told = (all: readonly BadRequest[]): string[] =>
  all.map(({ what, expected, pointer }) => [what, ...expected, ...(pointer === undefined ? [] : [pointer])].join(' | '));
const named = (all: readonly BadRequest[], what: string): BadRequest => {
  const found = all.find((one) => one.what === what);
  if (found === undefined) throw new Error(`no case of ${what}`);
  return found;
};

describe('the bad requests of a route', () => {
  it('are of every kind that credentials, token, key, path and body can be wrong in', () => {
    expect(told(cases(gift, goodGift))).toEqual([
      'no credentials | 401 UNAUTHENTICATED',
      'expired credentials | 401 UNAUTHENTICATED',
      'forged credentials | 401 UNAUTHENTICATED',
      'another scheme | 401 UNAUTHENTICATED',
      'no queue token | 401 QUEUE_TOKEN_REQUIRED',
      'a forged queue token | 401 QUEUE_TOKEN_INVALID',
      'an oversized queue token | 401 QUEUE_TOKEN_INVALID',
      'another member’s queue token | 403 QUEUE_TOKEN_FOREIGN',
      'no idempotency key | 428 IDEMPOTENCY_KEY_REQUIRED',
      'an oversized idempotency key | 400 VALIDATION_FAILED | /headers/idempotency-key',
      'a malformed id | 400 VALIDATION_FAILED | /params/id',
      'an oversized id | 400 VALIDATION_FAILED | /params/id',
      'an unknown id | 404 NOT_FOUND | 403 QUEUE_WRONG',
      'what another member owns | 404 NOT_FOUND',
      'an unknown query field | 400 VALIDATION_FAILED | /query/nonsense',
      '{"no":1} for note | 400 VALIDATION_FAILED | /body/note',
      'null for note | 400 VALIDATION_FAILED | /body/note',
      '[["no"]] for note | 400 VALIDATION_FAILED | /body/note',
      '-1.5 for note | 400 VALIDATION_FAILED | /body/note',
      '"\\u0000" for note | 400 VALIDATION_FAILED | /body/note',
      'an oversized note | 400 VALIDATION_FAILED | /body/note',
      'no amount | 400 VALIDATION_FAILED | /body/amount',
      '{"no":1} for amount | 400 VALIDATION_FAILED | /body/amount',
      'null for amount | 400 VALIDATION_FAILED | /body/amount',
      '[["no"]] for amount | 400 VALIDATION_FAILED | /body/amount',
      '-1.5 for amount | 400 VALIDATION_FAILED | /body/amount',
      '"\\u0000" for amount | 400 VALIDATION_FAILED | /body/amount',
      'an oversized amount | 400 VALIDATION_FAILED | /body/amount',
      'an unknown field | 400 VALIDATION_FAILED | /body/nonsense',
      'a list | 400 VALIDATION_FAILED | /body',
      'a text | 400 VALIDATION_FAILED | /body',
      'null | 400 VALIDATION_FAILED | /body',
      'malformed JSON | 400 VALIDATION_FAILED | /body',
      'another content type | 415 UNSUPPORTED_MEDIA_TYPE',
      'a huge body | 413 PAYLOAD_TOO_LARGE',
      'a huge body, its length not announced | 413 PAYLOAD_TOO_LARGE',
    ]);
  });

  it('are of every kind that an operator’s list can be asked in wrongly', () => {
    expect(told(cases(things, { query: { limit: '5' } }))).toEqual([
      'no credentials | 401 UNAUTHENTICATED',
      'expired credentials | 401 UNAUTHENTICATED',
      'forged credentials | 401 UNAUTHENTICATED',
      'another scheme | 401 UNAUTHENTICATED',
      'a member | 403 FORBIDDEN',
      'an unknown query field | 400 VALIDATION_FAILED | /query/nonsense',
      'a limit of the wrong type | 400 VALIDATION_FAILED | /query/limit',
      'an oversized limit | 400 VALIDATION_FAILED | /query/limit',
      'an oversized cursor | 400 VALIDATION_FAILED | /query/cursor',
      'a body where none is taken | 400 VALIDATION_FAILED | /body',
      'a body where none is taken, its length not announced | 400 VALIDATION_FAILED | /body',
    ]);
  });

  it('are good but for the one thing that they name', () => {
    const { url, method, headers, body } = named(cases(gift, goodGift), 'no amount');
    expect({ url, method, body }).toEqual({ url: `http://shop/api/v1/things/${id}/gifts`, method: 'POST', body: '{"note":"for you"}' });
    expect(headers).toEqual({
      authorization: 'Bearer a-member',
      'queue-token': 'a-queue-token',
      'content-type': 'application/json',
      'idempotency-key': expect.any(String),
    });
  });

  it('each have a key of their own: none is answered with what another was', () => {
    const keys = cases(gift, goodGift).flatMap(({ headers }) => headers['idempotency-key'] ?? []);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('are asked by whom the good request names', () => {
    const all = cases(gift, { ...goodGift, accessToken: 'a-newcomer' });
    expect(named(all, 'a text').headers['authorization']).toBe('Bearer a-newcomer');
  });

  it('send a real body where none is taken, and one larger than the limit without saying so', () => {
    expect(named(cases(things, {}), 'a body where none is taken')).toMatchObject({ method: 'GET', body: '{}', chunked: false });
    const huge = named(cases(gift, goodGift), 'a huge body, its length not announced');
    expect(huge.chunked).toBe(true);
    expect(huge.body!.length).toBeGreaterThan(65_536);
  });

  it.each<[string, GoodRequest, string]>([
    ['a path that does not fit', { ...goodGift, params: { id: 'x' } }, 'the good params of POST /things/{id}/gifts does not fit'],
    ['no path', { body: goodGift.body! }, 'the good params of POST /things/{id}/gifts does not fit'],
    ['a body that does not fit', { ...goodGift, body: { note: 'x', amount: 0 } }, 'the good body of POST /things/{id}/gifts does not fit'],
    ['a query that the route does not take', { ...goodGift, query: { limit: '5' } }, 'takes no query'],
    ['a body that leaves a field without cases', { ...goodGift, body: { amount: 5 } }, 'lacks note'],
  ])('are not made from a good request with %s', (_what, good, message) => {
    expect(() => cases(gift, good)).toThrow(message);
  });
});
