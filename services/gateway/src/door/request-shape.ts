import type { RouteSpec } from '@onsale/contracts';
import { Refusal } from '@onsale/shared/errors';
import { DEFAULT_MAX_BODY_BYTES, hasBody, idempotencyKeyOf, malformed } from '@onsale/shared/http';
import type { Request } from 'express';

/** What can be told of a body before a byte of it is read; the owner checks the rest, and the size of one that does not announce it. */
const assertBody = (spec: RouteSpec, req: Request): void => {
  const coding = req.headers['transfer-encoding'];
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    throw malformed('This transfer coding is not understood here.', [{ pointer: '/headers/transfer-encoding', detail: 'must be chunked' }]);
  if (!hasBody(req)) return;
  if (Number(req.headers['content-length'] ?? 0) > (spec.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES))
    throw new Refusal('PAYLOAD_TOO_LARGE', 'The body is larger than this route takes.');
  if (spec.body === undefined) throw malformed('This route takes no body.', [{ pointer: '/body', detail: 'must be absent' }]);
  if (!req.is('application/json')) throw new Refusal('UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json.');
};

const assertParams = (spec: RouteSpec, params: Readonly<Record<string, string>>): void => {
  const read = spec.params?.safeParse(params);
  if (read === undefined || read.success) return;
  throw malformed(
    'The path does not fit its contract.',
    read.error.issues.map((issue) => ({ pointer: `/params/${issue.path.join('/')}`, detail: issue.message })),
  );
};

/**
 * Refuses early what its owner would refuse anyway.
 * @throws Refusal PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, IDEMPOTENCY_KEY_REQUIRED, VALIDATION_FAILED
 */
export const assertShape = (spec: RouteSpec, req: Request, params: Readonly<Record<string, string>>): void => {
  assertParams(spec, params);
  assertBody(spec, req);
  if (spec.idempotency === 'required') idempotencyKeyOf(req.get('idempotency-key'));
};
