import { urlOf, type RouteSpec } from '@onsale/contracts';
import { newId } from '@onsale/shared/ids';
import type { RawRequest } from './send.ts';

/** A request to a route that is right in every respect, before one thing of it is made wrong. Its body has every field that the route takes. */
export interface GoodRequest {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
  /** The same route with the id of something that another member owns. */
  readonly foreign?: Readonly<Record<string, string>>;
  /** Who asks, when it is not the member of the credentials. */
  readonly accessToken?: string;
}

export interface Credentials {
  readonly accessToken: string;
  readonly queueToken: string;
  readonly operatorToken: string;
  readonly expired: string;
  readonly forged: string;
  readonly foreignQueueToken: string;
}

/** What is right as the answer. */
export interface Expectation {
  readonly what: string;
  /** The statuses and codes. */
  readonly expected: readonly string[];
  /** What the errors of a VALIDATION_FAILED have to point at: the one thing that was made wrong. */
  readonly pointer?: string;
}

export interface BadRequest extends Expectation, RawRequest {}

interface Parts {
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  body: string | undefined;
  readonly headers: Record<string, string>;
  chunked?: boolean;
}

interface Case extends Expectation {
  readonly change: (parts: Parts) => void;
}

const MALFORMED = ['400 VALIDATION_FAILED'];
/** Most bytes of a body, where the route does not say (libs/contracts, `maxBodyBytes`). */
const MAX_BODY_BYTES = 65_536;

/** Values of another type than any field of ours has at that place. */
const WRONG_VALUES: readonly unknown[] = [{ no: 1 }, null, [['no']], -1.5, '\u0000'];

const without = (record: Readonly<Record<string, unknown>>, name: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));

/** The fields of an object's schema, an optional one's too. */
const fieldsOf = (schema: unknown): string[] => {
  const { shape, unwrap } = Object(schema) as { shape?: object; unwrap?: () => unknown };
  if (shape !== undefined) return Object.keys(shape);
  return unwrap === undefined ? [] : fieldsOf(unwrap.call(schema));
};

/** A case proves nothing when the request was wrong before it was made wrong, and a field that the example lacks has no cases. */
const assertGood = (route: RouteSpec, good: GoodRequest): void => {
  for (const part of ['params', 'query', 'body'] as const) {
    const schema = route[part];
    if (schema === undefined && good[part] !== undefined)
      throw new Error(`${route.method} ${route.path} takes no ${part}, its good request has`);
    const given = part === 'body' ? good.body : (good[part] ?? {});
    const read = schema?.safeParse(given);
    if (read?.success === false)
      throw new Error(`the good ${part} of ${route.method} ${route.path} does not fit: ${JSON.stringify(read.error.issues)}`);
  }
  const lacking = fieldsOf(route.body).filter((name) => !(name in (good.body ?? {})));
  if (lacking.length > 0) throw new Error(`the good body of ${route.method} ${route.path} lacks ${lacking.join(', ')}`);
};

/** Every way in which a request to the route can be wrong, as features of its declaration. @throws when the good request is not good */
export const badRequests = (baseUrl: string, route: RouteSpec, good: GoodRequest, credentials: Credentials): BadRequest[] => {
  assertGood(route, good);
  const member = good.accessToken ?? credentials.accessToken;
  const fresh = (): Parts => ({
    params: good.params ?? {},
    query: good.query ?? {},
    body: good.body === undefined ? undefined : JSON.stringify(good.body),
    headers: {
      ...(route.auth === 'none' ? {} : { authorization: `Bearer ${route.auth === 'operator' ? credentials.operatorToken : member}` }),
      ...(route.gate === 'none' || route.gate === 'optional' ? {} : { 'queue-token': credentials.queueToken }),
      ...(good.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(route.idempotency === 'required' ? { 'idempotency-key': newId() } : {}),
    },
  });
  const cases = [
    ...signInCases(route, credentials),
    ...queueTokenCases(route, credentials),
    ...keyCases(route),
    ...paramCases(route, good),
    ...queryCases(route),
    ...(route.body === undefined
      ? bodilessCases()
      : [...fieldCases(route, route.body, good.body ?? {}), ...bodyCases(route, good.body ?? {})]),
  ];
  return cases.map(({ change, ...expectation }) => {
    const parts = fresh();
    change(parts);
    const { params, query, headers, body, chunked = false } = parts;
    const url = urlOf(baseUrl, route, params, query);
    return { ...expectation, url, method: route.method, headers, chunked, ...(body === undefined ? {} : { body }) };
  });
};

/** The header is sent as it is given; `undefined`: it is not sent. */
const withHeader = (what: string, expected: string, name: string, value?: string, pointer?: string): Case => ({
  what,
  expected: [expected],
  ...(pointer === undefined ? {} : { pointer }),
  change: ({ headers }) => {
    if (value === undefined) delete headers[name];
    else headers[name] = value;
  },
});

const signInCases = ({ auth }: RouteSpec, { expired, forged, accessToken }: Credentials): Case[] => {
  if (auth === 'none') return [];
  const unknown = (what: string, value?: string): Case => withHeader(what, '401 UNAUTHENTICATED', 'authorization', value);
  return [
    unknown('no credentials'),
    unknown('expired credentials', `Bearer ${expired}`),
    unknown('forged credentials', `Bearer ${forged}`),
    unknown('another scheme', 'Basic YTpi'),
    ...(auth === 'operator' ? [withHeader('a member', '403 FORBIDDEN', 'authorization', `Bearer ${accessToken}`)] : []),
  ];
};

const queueTokenCases = ({ gate }: RouteSpec, { queueToken, foreignQueueToken }: Credentials): Case[] => {
  if (gate === 'none') return [];
  const refused = (what: string, expected: string, value?: string): Case => withHeader(what, expected, 'queue-token', value);
  return [
    ...(gate === 'optional' ? [] : [refused('no queue token', '401 QUEUE_TOKEN_REQUIRED')]),
    refused('a forged queue token', '401 QUEUE_TOKEN_INVALID', `${queueToken.slice(0, -3)}AAA`),
    refused('an oversized queue token', '401 QUEUE_TOKEN_INVALID', 'x'.repeat(5000)),
    refused('another member’s queue token', '403 QUEUE_TOKEN_FOREIGN', foreignQueueToken),
  ];
};

const keyCases = ({ idempotency }: RouteSpec): Case[] => {
  const [name, pointer] = ['idempotency-key', '/headers/idempotency-key'];
  if (idempotency === undefined) return [];
  return [
    withHeader('no idempotency key', '428 IDEMPOTENCY_KEY_REQUIRED', name),
    withHeader('an oversized idempotency key', MALFORMED[0]!, name, 'x'.repeat(300), pointer),
  ];
};

const paramCases = (route: RouteSpec, { foreign }: GoodRequest): Case[] => {
  const unknown = route.gate === 'none' ? ['404 NOT_FOUND'] : ['404 NOT_FOUND', '403 QUEUE_WRONG'];
  const cases = fieldsOf(route.params).flatMap((name): Case[] => {
    const to = (value: string) => (parts: Parts) => void (parts.params = { ...parts.params, [name]: value });
    const malformed = { expected: MALFORMED, pointer: `/params/${name}` };
    return [
      { what: `a malformed ${name}`, ...malformed, change: to('NOT AN ID') },
      { what: `an oversized ${name}`, ...malformed, change: to('a'.repeat(2000)) },
      { what: `an unknown ${name}`, expected: unknown, change: to(newId()) },
    ];
  });
  if (foreign === undefined) return cases;
  return [...cases, { what: 'what another member owns', expected: ['404 NOT_FOUND'], change: (parts) => void (parts.params = foreign) }];
};

const queryCases = (route: RouteSpec): Case[] => {
  const isText = (name: string): boolean => route.query?.safeParse({ [name]: 'x' }).success === true;
  const send = (what: string, name: string, value: string): Case => ({
    what,
    expected: MALFORMED,
    pointer: `/query/${name}`,
    change: (parts) => void (parts.query = { ...parts.query, [name]: value }),
  });
  return [
    send('an unknown query field', 'nonsense', '1'),
    ...fieldsOf(route.query).flatMap((name) => [
      // a cursor or an id may be any text
      ...(isText(name) ? [] : [send(`a ${name} of the wrong type`, name, 'x')]),
      send(`an oversized ${name}`, name, '9'.repeat(400)),
    ]),
  ];
};

const bodilessCases = (): Case[] => {
  const send = (what: string, chunked: boolean): Case => ({
    what,
    expected: MALFORMED,
    pointer: '/body',
    change: (parts) => {
      [parts.body, parts.chunked, parts.headers['content-type']] = ['{}', chunked, 'application/json'];
    },
  });
  return [send('a body where none is taken', false), send('a body where none is taken, its length not announced', true)];
};

const withBody = (what: string, pointer: string, value: unknown): Case => ({
  what,
  expected: MALFORMED,
  pointer,
  change: (parts) => void (parts.body = JSON.stringify(value)),
});

const fieldCases = (route: RouteSpec, schema: NonNullable<RouteSpec['body']>, body: Readonly<Record<string, unknown>>): Case[] =>
  Object.keys(body).flatMap((name) => {
    const send = (what: string, value: unknown): Case => withBody(what, `/body/${name}`, { ...body, [name]: value });
    const fits = (value: unknown): boolean => schema.safeParse({ ...body, [name]: value }).success;
    return [
      ...(schema.safeParse(without(body, name)).success ? [] : [withBody(`no ${name}`, `/body/${name}`, without(body, name))]),
      ...WRONG_VALUES.filter((wrong) => !fits(wrong)).map((wrong) => send(`${JSON.stringify(wrong)} for ${name}`, wrong)),
      send(`an oversized ${name}`, typeof body[name] === 'number' ? Number.MAX_SAFE_INTEGER : 'x'.repeat(20_000)),
    ];
  });

const bodyCases = (route: RouteSpec, body: Readonly<Record<string, unknown>>): Case[] => {
  const huge = JSON.stringify({ ...body, nonsense: 'x'.repeat(route.maxBodyBytes ?? MAX_BODY_BYTES) });
  const tooLarge = (what: string, chunked: boolean): Case => ({
    what,
    expected: ['413 PAYLOAD_TOO_LARGE'],
    change: (parts) => void ([parts.body, parts.chunked] = [huge, chunked]),
  });
  return [
    withBody('an unknown field', '/body/nonsense', { ...body, nonsense: 1 }),
    withBody('a list', '/body', [body]),
    withBody('a text', '/body', 'x'),
    withBody('null', '/body', null),
    { what: 'malformed JSON', expected: MALFORMED, pointer: '/body', change: (parts) => void (parts.body = '{"a":') },
    withHeader('another content type', '415 UNSUPPORTED_MEDIA_TYPE', 'content-type', 'text/plain'),
    tooLarge('a huge body', false),
    // the gateway learns the size only as it passes the body on: the owner has to refuse it
    tooLarge('a huge body, its length not announced', true),
  ];
};
