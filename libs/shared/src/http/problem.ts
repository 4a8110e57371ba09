import type { ServerResponse } from 'node:http';
import { codes, type Code, type CodeMeaning, type Problem } from '@onsale/contracts';
import { Refusal } from '../errors/index.ts';
import { refusalOfEngine } from './engine-errors.ts';

/** The code table, for codes known only at run time. */
export const meaningOf = (code: Code): CodeMeaning => codes[code];

/** Errors that are nobody's design become INTERNAL, and say nothing of themselves; an engine that is away or overrun is said so. */
export const refusalOf = (error: unknown): Refusal =>
  error instanceof Refusal
    ? error
    : (refusalOfEngine(error) ??
      new Refusal('INTERNAL', 'Something went wrong on our side. The request id helps us to find it.', { cause: error }));

/** The RFC 9457 problem of a refusal: the members that every problem has first, and never in the hands of what is extra. */
export const problemOf = (refusal: Refusal, requestId: string): Problem => {
  const { status, title } = meaningOf(refusal.code);
  const members = {
    type: `/docs/errors#${refusal.code}`,
    title,
    status,
    detail: refusal.detail,
    code: refusal.code,
    instance: `urn:uuid:${requestId}`,
    ...(refusal.errors === undefined ? {} : { errors: [...refusal.errors] }),
  };
  return { ...members, ...refusal.extra, ...members };
};

const challengeOf = (code: Code): string => (code.startsWith('QUEUE_TOKEN') ? 'Queue-Token' : 'Bearer');

/** Retry-After of a refusal: as it says; a second for those that always carry one. */
const retryAfterOf = ({ code, retryAfterSeconds }: Refusal): number | undefined => {
  const { status } = meaningOf(code);
  return retryAfterSeconds ?? (status === 429 || status === 503 || code === 'BUSY' || code === 'IDEMPOTENCY_IN_FLIGHT' ? 1 : undefined);
};

/** Writes the problem, with the headers that its code calls for. Nothing happens when the answer has begun already. */
export const sendProblem = (res: ServerResponse, refusal: Refusal, requestId: string): void => {
  if (res.headersSent || res.destroyed) return;
  const { status } = meaningOf(refusal.code);
  const body = JSON.stringify(problemOf(refusal, requestId));
  const retryAfter = retryAfterOf(refusal);
  res.statusCode = status;
  res.setHeader('content-type', 'application/problem+json; charset=utf-8');
  res.setHeader('cache-control', 'no-store');
  res.setHeader('content-length', Buffer.byteLength(body));
  if (status === 401) res.setHeader('www-authenticate', challengeOf(refusal.code));
  if (retryAfter !== undefined) res.setHeader('retry-after', String(Math.max(1, Math.ceil(retryAfter))));
  res.end(body);
};
