import type { ServerResponse } from 'node:http';
import type { RouteSpec } from '@onsale/contracts';
import { tokenStatus, type QueueStatus } from '@onsale/contracts/queue';
import { invalid, type HeldToken } from '../gate/gate.ts';
import { statusOf } from '../gate/queue-status.ts';
import type { TokenChecks, TokenState } from '../gate/token-checks.ts';
import { cacheControlOf } from '../upstream/relay.ts';

/** A good answer of the gateway's own. */
export const sendBody = (spec: RouteSpec, body: unknown, res: ServerResponse, status: 200 | 201 = 200): void => {
  const text = JSON.stringify(body);
  res.setHeader('cache-control', cacheControlOf(spec, status));
  res.setHeader('content-type', 'application/json; charset=utf-8');
  res.setHeader('content-length', Buffer.byteLength(text));
  res.statusCode = status;
  res.end(text);
};

export type StatusAnswer = (held: HeldToken, res: ServerResponse) => Promise<void>;

/** Tells the holder of a token where it stands. @throws Refusal QUEUE_TOKEN_INVALID, UPSTREAM_UNAVAILABLE, OVERLOADED */
export const createStatusAnswer =
  ({ checks }: { readonly checks: Pick<TokenChecks, 'check'> }): StatusAnswer =>
  async ({ token, payload }, res) => {
    const result = await checks.check(token, payload);
    if (result.status === 'INVALID') throw invalid();
    sendBody(tokenStatus, statusOf(payload, result as TokenState & { status: QueueStatus['status'] }), res);
  };
