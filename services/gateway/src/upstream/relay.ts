import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RouteSpec } from '@onsale/contracts';
import { INTERNAL_HEADERS } from '@onsale/shared/auth';
import { Refusal } from '@onsale/shared/errors';
import type { Reshape } from '../identity/cookie-answers.ts';
import { away } from './away.ts';
import { connectionNames, HOP_BY_HOP } from './request-headers.ts';

/** What the gateway says itself. */
const OURS = new Set(['cache-control', 'x-request-id', 'server', 'x-powered-by', 'ratelimit', 'ratelimit-policy']);

const isOurs = (name: string): boolean => OURS.has(name) || name.startsWith(INTERNAL_HEADERS) || name.startsWith('access-control-');

/** `no-store`, unless the contract lets a good answer be kept. */
export const cacheControlOf = (spec: Pick<RouteSpec, 'cache'>, status: number): string =>
  status < 300 || status === 304 ? (spec.cache ?? 'no-store') : 'no-store';

/**
 * Something between us and the service answered, or its parser did: an answer that is neither the contract's nor a problem is not shown.
 * `undefined` for answers that are in order.
 */
export const refusalOfAnswer = ({ statusCode: status = 0, headers }: IncomingMessage): Refusal | undefined => {
  if ((status >= 200 && status < 300) || status === 304) return undefined;
  if (status >= 400 && headers['content-type']?.startsWith('application/problem+json')) return undefined;
  switch (status) {
    case 400:
      return new Refusal('VALIDATION_FAILED', 'The request was not understood.');
    case 413:
    case 431:
      return new Refusal('PAYLOAD_TOO_LARGE', 'The request is larger than is taken here.');
    default:
      return away();
  }
};

/** Passes the headers of an answer on, but for those of the hop and the gateway's own. */
export const passHeaders = (answer: IncomingMessage, res: ServerResponse): void => {
  const claimed = connectionNames(answer.headers.connection);
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value === undefined || HOP_BY_HOP.has(name) || claimed.has(name) || isOurs(name)) continue;
    if (name === 'vary') res.appendHeader(name, value);
    else res.setHeader(name, value);
  }
};

const relayHead = (spec: RouteSpec, answer: IncomingMessage, res: ServerResponse): void => {
  passHeaders(answer, res);
  const status = answer.statusCode ?? 502;
  res.setHeader('cache-control', cacheControlOf(spec, status));
  res.statusCode = status;
};

/** Passes an answer on: its status, its headers but for those of the hop and the gateway's own, and its body as it comes. */
export const relay = (spec: RouteSpec, answer: IncomingMessage, res: ServerResponse): void => {
  relayHead(spec, answer, res);
  res.writeHead(res.statusCode);
  answer.pipe(res);
};

/** Many times the largest answer that is ever changed. */
const MOST_RESHAPED_BYTES = 65_536;

const bodyOf = async (answer: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_RESHAPED_BYTES) throw new Error('an answer that is too large to be changed');
    chunks.push(chunk);
  }
  return bytes === 0 ? undefined : (JSON.parse(Buffer.concat(chunks).toString()) as unknown);
};

/** Passes an answer on as `reshape` has it, once all of it is there. @throws Error when it does not come whole, or is no JSON; nothing is written then */
export const relayReshaped = async (spec: RouteSpec, answer: IncomingMessage, res: ServerResponse, reshape: Reshape): Promise<void> => {
  const status = answer.statusCode ?? 502;
  const { body, setCookie } = reshape({ status, body: await bodyOf(answer) });
  relayHead(spec, answer, res);
  for (const name of ['content-length', 'content-encoding', 'etag']) res.removeHeader(name);
  if (setCookie.length > 0) res.setHeader('set-cookie', [...setCookie]);
  if (body === undefined) res.end();
  else res.end(JSON.stringify(body));
};
