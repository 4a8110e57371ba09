import { urlOf, type RouteSpec } from '@onsale/contracts';
import { newId } from '@onsale/shared/ids';

/** A request to a route that is right in every respect, before one thing of it is made wrong. */
export interface GoodRequest {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** The same route with the id of something that another member owns. */
  readonly foreign?: Readonly<Record<string, string>>;
}

export interface Credentials {
  readonly accessToken: string;
  readonly queueToken: string;
  readonly operatorToken: string;
  readonly expired: string;
  readonly forged: string;
  readonly foreignQueueToken: string;
}

export interface BadRequest {
  readonly what: string;
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The statuses and codes that are right. */
  readonly expected: readonly string[];
}

interface Parts {
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  body: string | undefined;
  headers: Record<string, string>;
}

const MALFORMED = '400 VALIDATION_FAILED';

/** Values of another type than any field of ours has at that place. */
const WRONG_VALUES: readonly unknown[] = [{ no: 1 }, null, [['no']], -1.5, '\u0000'];

const without = (record: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));

/** Every way in which a request to the route can be wrong, as features of its declaration. */
export const badRequests = (baseUrl: string, route: RouteSpec, good: GoodRequest, credentials: Credentials): BadRequest[] => {
  const headers: Record<string, string> = {
    ...(route.auth === 'none'
      ? {}
      : { authorization: `Bearer ${route.auth === 'operator' ? credentials.operatorToken : credentials.accessToken}` }),
    ...(route.gate === 'none' ? {} : { 'queue-token': credentials.queueToken }),
    ...(route.body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const fresh = (): Parts => ({
    params: good.params ?? {},
    query: good.query ?? {},
    body: good.body === undefined ? undefined : JSON.stringify(good.body),
    headers: { ...headers, ...(route.idempotency === 'required' ? { 'idempotency-key': newId() } : {}) },
  });
  const found: BadRequest[] = [];
  const add = (what: string, expected: string | readonly string[], change: (parts: Parts) => void): void => {
    const parts = fresh();
    change(parts);
    const { body, headers: sent } = parts;
    const url = urlOf(baseUrl, route, parts.params, parts.query);
    found.push({ what, url, method: route.method, headers: sent, expected: [expected].flat(), ...(body === undefined ? {} : { body }) });
  };
  credentialCases(route, credentials, add);
  inputCases(route, good, add);
  bodyCases(route, good, add);
  return found;
};

type Add = (what: string, expected: string | readonly string[], change: (parts: Parts) => void) => void;

const credentialCases = (route: RouteSpec, credentials: Credentials, add: Add): void => {
  if (route.auth !== 'none') {
    add('no credentials', '401 UNAUTHENTICATED', (parts) => void delete parts.headers['authorization']);
    add('expired credentials', '401 UNAUTHENTICATED', (parts) => void (parts.headers['authorization'] = `Bearer ${credentials.expired}`));
    add('forged credentials', '401 UNAUTHENTICATED', (parts) => void (parts.headers['authorization'] = `Bearer ${credentials.forged}`));
    add('another scheme', '401 UNAUTHENTICATED', (parts) => void (parts.headers['authorization'] = 'Basic YTpi'));
  }
  if (route.auth === 'operator')
    add('a member', '403 FORBIDDEN', (parts) => void (parts.headers['authorization'] = `Bearer ${credentials.accessToken}`));
  if (route.gate !== 'none') {
    add('no queue token', '401 QUEUE_TOKEN_REQUIRED', (parts) => void delete parts.headers['queue-token']);
    add(
      'a forged queue token',
      '401 QUEUE_TOKEN_INVALID',
      (parts) => void (parts.headers['queue-token'] = `${credentials.queueToken.slice(0, -3)}AAA`),
    );
    add('an oversized queue token', ['401 QUEUE_TOKEN_INVALID', '431 '], (parts) => void (parts.headers['queue-token'] = 'x'.repeat(5000)));
    add(
      'another member’s queue token',
      '403 QUEUE_TOKEN_FOREIGN',
      (parts) => void (parts.headers['queue-token'] = credentials.foreignQueueToken),
    );
  }
  if (route.idempotency === 'required') {
    add('no idempotency key', '428 IDEMPOTENCY_KEY_REQUIRED', (parts) => void delete parts.headers['idempotency-key']);
    add('an oversized idempotency key', MALFORMED, (parts) => void (parts.headers['idempotency-key'] = 'x'.repeat(300)));
  }
};

const inputCases = (route: RouteSpec, good: GoodRequest, add: Add): void => {
  for (const name of Object.keys(route.params?.shape ?? {})) {
    add(`a malformed ${name}`, [MALFORMED, '403 QUEUE_WRONG'], (parts) => void (parts.params = { ...parts.params, [name]: 'NOT AN ID' }));
    add(
      `an oversized ${name}`,
      [MALFORMED, '403 QUEUE_WRONG'],
      (parts) => void (parts.params = { ...parts.params, [name]: 'a'.repeat(2000) }),
    );
    add(`an unknown ${name}`, ['404 NOT_FOUND', '403 QUEUE_WRONG'], (parts) => void (parts.params = { ...parts.params, [name]: newId() }));
  }
  if (good.foreign !== undefined) {
    const { foreign } = good;
    add('what another member owns', '404 NOT_FOUND', (parts) => void (parts.params = foreign));
  }
  if (route.gate === 'none' || route.path.startsWith('/schedules') || !route.path.includes('tokens/current')) {
    add('an unknown query field', MALFORMED, (parts) => void (parts.query = { ...parts.query, nonsense: '1' }));
  }
  for (const name of Object.keys(route.query?.shape ?? {})) {
    if (name !== 'cursor') add(`a ${name} of the wrong type`, MALFORMED, (parts) => void (parts.query = { ...parts.query, [name]: 'x' }));
    add(`an oversized ${name}`, MALFORMED, (parts) => void (parts.query = { ...parts.query, [name]: '9'.repeat(400) }));
  }
};

const bodyCases = (route: RouteSpec, good: GoodRequest, add: Add): void => {
  if (route.body === undefined) {
    add('a body where none is taken', MALFORMED, (parts) => {
      if (route.method !== 'GET') [parts.body, parts.headers['content-type']] = ['{}', 'application/json'];
      else parts.query = { ...parts.query, body: '{}' };
    });
    return;
  }
  const body = good.body ?? {};
  const send = (what: string, value: unknown): void => add(what, MALFORMED, (parts) => void (parts.body = JSON.stringify(value)));
  send('an unknown field', { ...body, nonsense: 1 });
  send('a list', [body]);
  send('a text', 'x');
  send('null', null);
  for (const name of Object.keys(body)) {
    if (!route.body.safeParse(without(body, name)).success) send(`no ${name}`, without(body, name));
    for (const wrong of WRONG_VALUES) {
      if (!route.body.safeParse({ ...body, [name]: wrong }).success)
        send(`${JSON.stringify(wrong)} for ${name}`, { ...body, [name]: wrong });
    }
    send(`an oversized ${name}`, { ...body, [name]: typeof body[name] === 'number' ? Number.MAX_SAFE_INTEGER : 'x'.repeat(20_000) });
  }
  add('malformed JSON', MALFORMED, (parts) => void (parts.body = '{"a":'));
  add('another content type', '415 UNSUPPORTED_MEDIA_TYPE', (parts) => {
    parts.body = parts.body ?? '{}';
    parts.headers['content-type'] = 'text/plain';
  });
  add(
    'a huge body',
    '413 PAYLOAD_TOO_LARGE',
    (parts) => void (parts.body = JSON.stringify({ ...body, nonsense: 'x'.repeat((route.maxBodyBytes ?? 65_536) + 1) })),
  );
};
